import type { TerminalSize } from '../../base/terminal-size.js';
import { PtyProcess } from './pty-process.js';
import { MIRROR_PACE } from './read-pace.js';
import type { TmuxServer } from './tmux-server.js';

const TERM = 'xterm-256color';
/** The user option by which sessions are known that were made here. */
const MARK = '@triad_mirror';
/** The features that the screen model has (tmux -T); `sync` brackets redraws, so that none shows half. */
const FEATURES = '256,RGB,ccolour,cstyle,overline,strikethrough,sync,usstyle';

export interface MirrorClientOptions {
  readonly server: TmuxServer;
  /** The tmux id of the session to show. */
  readonly sessionId: string;
  /** The name of the grouped session that is made: letters, digits and dashes. */
  readonly name: string;
  readonly size: TerminalSize;
  readonly onOutput: (bytes: Uint8Array) => void;
}

/**
 * Starts a read-only tmux client on a grouped session of its own, without status line and key bindings.
 * The session ends with its client, even if that is killed.
 */
export function openMirrorClient(options: MirrorClientOptions): PtyProcess {
  const { server, sessionId, name, size, onOutput } = options;
  const session = grouped(name);
  const commands = [
    ['new-session', '-d', '-E', '-t', sessionId, '-s', name],
    ['set-option', '-t', session, MARK, '1'],
    ['set-option', '-t', session, 'status', 'off'],
    ['set-option', '-t', session, 'prefix', 'None'],
    ['set-option', '-t', session, 'prefix2', 'None'],
    ['set-option', '-t', session, 'key-table', 'mirror'],
    // With `destroy-unattached` tmux 3.3a crashes when the client is suspended, and so not attached.
    ['set-hook', '-t', session, 'client-detached', `kill-session -t ${session}`],
    ['attach-session', '-E', '-t', session, '-f', 'read-only,ignore-size'],
  ];
  const forms = new AgreedForms();
  const answers = new TerminalAnswers((bytes) => client.write(bytes));
  const client: PtyProcess = PtyProcess.spawn({
    file: server.program.path,
    args: [
      ...['-N', '-u', '-S', server.socketPath, '-T', FEATURES],
      ...commands.flatMap((command, index) => (index === 0 ? command : [';', ...command])),
    ],
    env: { ...server.env, TERM },
    cwd: '/',
    size,
    pace: MIRROR_PACE,
    onOutput: (bytes) => {
      answers.read(bytes);
      const output = forms.translate(bytes);
      if (output.length > 0) onOutput(output);
    },
  });
  server.addClient(client.pid, client.exited);
  return client;
}

/**
 * Ends the grouped sessions that a killed host has left on a server: one stays where somebody had moved
 * its client away. To be called only by the one manager of the server, before it has mirrors.
 *
 * @throws TmuxError with tmux's words.
 */
export async function endLeftMirrors(server: TmuxServer): Promise<void> {
  const sessions = await server.rows('list-sessions', { id: 'session_id', isMirror: MARK });
  for (const { id } of sessions.filter(({ isMirror }) => isMirror)) {
    // The session may end by itself at this moment, with its client.
    await server.run(['kill-session', '-t', id]).catch(() => undefined);
  }
}

/** The target of a grouped session by its exact name (tmux(1), COMMANDS: `=` forbids a prefix match). */
export function grouped(name: string): string {
  return `=${name}:`;
}

/** How tmux 3.2 and 3.3 bracket a redraw; 3.4 and later use mode 2026, as terminals do. */
const OLD_MARKER = /\u001bP=([12])s\u001b\\/g;
/** How tmux sets a 24-bit colour of underlines (`Setulc`): without the place for a colour space, which ISO 8613-6 has. */
const UNDERLINE_COLOUR = /\u001b\[58:2:(\d+:\d+:\d+)m/g;
/** The beginning of either, cut off by the end of a piece. */
const BEGINNING =
  /\u001b(?:P(?:=(?:[12](?:s\u001b?)?)?)?|\[(?:5(?:8(?::(?:2(?::[\d:]{0,11})?)?)?)?)?)?$/;
const ESC = 0x1b;

/** Brings what tmux has forms of its own for into the form that the screen model knows. */
export class AgreedForms {
  #rest = '';

  /** @returns the output so far without the beginning of either; maybe nothing. */
  translate(bytes: Uint8Array): Uint8Array {
    if (this.#rest === '' && !bytes.includes(ESC)) return bytes;
    const text = this.#rest + Buffer.from(bytes).toString('latin1');
    const end = BEGINNING.exec(text)?.index ?? text.length;
    this.#rest = text.slice(end);
    const whole = text
      .slice(0, end)
      .replace(OLD_MARKER, (_marker, kind) => (kind === '1' ? '\x1b[?2026h' : '\x1b[?2026l'))
      .replace(UNDERLINE_COLOUR, '\x1b[58:2::$1m');
    return Buffer.from(whole, 'latin1');
  }
}

/** How much output is searched for questions: tmux asks them before it draws for the first time. */
const MAX_ASKED_BYTES = 64 * 1024;
/** DA1, DA2 and XTVERSION (xterm's control sequences), each with the answer of a plain terminal. */
const ANSWERS: Readonly<Record<string, string>> = {
  '\x1b[c': '\x1b[?62;22c',
  '\x1b[>c': '\x1b[>0;0;0c',
  '\x1b[>q': '\x1bP>|triad\x1b\\',
};
const QUERY = /\u001b\[(?:c|>c|>q)/g;
/** How much of a query may have come with the piece before: all but its last byte. */
const TAIL_CHARACTERS = 3;

/**
 * Answers what tmux asks a terminal when it attaches, since a mirror has no terminal. Nothing else is
 * ever written to the client.
 */
export class TerminalAnswers {
  readonly #write: (bytes: Uint8Array) => void;
  #tail = '';
  #readBytes = 0;

  constructor(write: (bytes: Uint8Array) => void) {
    this.#write = write;
  }

  read(bytes: Uint8Array): void {
    if (this.#readBytes >= MAX_ASKED_BYTES) return;
    this.#readBytes += bytes.length;
    const text = this.#tail + Buffer.from(bytes).toString('latin1');
    let end = 0;
    for (const query of text.matchAll(QUERY)) {
      end = query.index + query[0].length;
      this.#write(Buffer.from(ANSWERS[query[0]] ?? ''));
    }
    this.#tail = text.slice(Math.max(end, text.length - TAIL_CHARACTERS));
  }
}
