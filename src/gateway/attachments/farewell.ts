import { EXIT, type ExitCode } from '../../base/exit-codes.js';

interface Farewell {
  readonly exitCode: ExitCode;
  readonly say: (session: string) => string;
}

/** The one table of ways out (docs/commands.md shows it to people). */
const FAREWELLS = {
  detached: { exitCode: EXIT.ok, say: (session) => `you left ${session}; the session goes on` },
  'session-ended': { exitCode: EXIT.unavailable, say: (session) => `session ${session} has ended` },
  revoked: {
    exitCode: EXIT.notPermitted,
    say: (session) => `your access to ${session} was taken back; the session goes on`,
  },
  expired: {
    exitCode: EXIT.notPermitted,
    say: (session) =>
      `your access to ${session} has expired, an admin of it can renew it; the session goes on`,
  },
  kicked: {
    exitCode: EXIT.notPermitted,
    say: (session) => `an admin has disconnected you from ${session}; the session goes on`,
  },
  stopping: {
    exitCode: EXIT.tryAgain,
    say: (session) => `the gateway is stopping; session ${session} goes on, try again later`,
  },
  failed: {
    exitCode: EXIT.internal,
    say: (session) => `your view of ${session} failed; the session goes on, try again`,
  },
  disconnected: { exitCode: EXIT.internal, say: () => 'disconnected' },
} satisfies Record<string, Farewell>;

/** Why an attachment, or a whole connection, ended; `disconnected` leaves nobody to tell. */
export type EndReason = keyof typeof FAREWELLS;

/**
 * Undoes what a tmux client does to a terminal (xterm control sequences; 7727 is mintty's): mouse,
 * focus, theme and bracketed paste reports off, margins, cursor shown, normal keys, character set and
 * attributes.
 */
const RESTORE =
  '\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1005l\x1b[?1006l\x1b[?1004l\x1b[?2004l' +
  '\x1b[?69l\x1b[?7727l\x1b[?2031l\x1b[>4;0m' +
  '\x1b[?1l\x1b>\x1b[?7h\x1b[?25h\x1b[0 q\x1b(B\x1b[0m';
/** Enters it blank, so that the main screen stays as it was; a tmux client has done so already. */
const ENTER_ALTERNATE_SCREEN = '\x1b[?1049h\x1b[r\x1b[2J\x1b[H';
/** Leaves the alternate screen and its title; only where tmux did not, since it moves the cursor, too. */
const LEAVE_ALTERNATE_SCREEN = '\x1b[r\x1b[?1049l\x1b[23;0;0t';

export function exitCodeFor(reason: EndReason): ExitCode {
  return FAREWELLS[reason].exitCode;
}

/** Why something ended, in the words of a sentence. */
export function farewellSentence(reason: EndReason, session: string): string {
  return FAREWELLS[reason].say(session);
}

/** The last bytes of an attachment: the terminal restored, and one line that says why it ended. */
export function farewell(
  reason: EndReason,
  session: string,
  isTerminalRestored: boolean,
): Uint8Array {
  const leave = isTerminalRestored ? '' : LEAVE_ALTERNATE_SCREEN;
  return Buffer.from(`${leave}${RESTORE}\r\x1b[Ktriad: ${farewellSentence(reason, session)}\r\n`);
}

/** Switches off what a view before has switched on, and leaves what is seen. */
export function resetTerminalModes(): Uint8Array {
  return Buffer.from(RESTORE);
}

/** What somebody waits for without a view. */
export type AwaitedThing = keyof typeof AWAITED;

const AWAITED = {
  host: (session: string) => `the host of ${session} is away; its agents go on.`,
  session: (session: string) =>
    `session ${session} has ended unexpectedly and is being made again.`,
};

/** What somebody sees while they wait; the next view draws over it. */
export function waitingNotice(
  awaited: AwaitedThing,
  session: string,
  isDriver: boolean,
): Uint8Array {
  const keys = isDriver ? 'C-b d leaves; other keys are dropped' : 'q leaves';
  return Buffer.from(
    `${RESTORE}${ENTER_ALTERNATE_SCREEN}triad: ${AWAITED[awaited](session)}\r\n` +
      `You get the session back when it returns (${keys}).\r\n`,
  );
}
