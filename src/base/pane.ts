import { UsageError } from './errors.js';
import { count, epochMs, pane, paneId, session, type ValueOf, z } from './schema.js';

export const paneAddressSchema = z.strictObject({ session, pane });

export type PaneAddress = ValueOf<typeof paneAddressSchema>;

/** One pane, or with null every pane of the session. */
export const panesAddressSchema = z.strictObject({ session, pane: pane.nullable() });

export type PanesAddress = ValueOf<typeof panesAddressSchema>;

/**
 * The states of a pane's command. `waiting`: for what it depends on. `starting`: the keeper was told.
 * `running`: it runs, and no readiness probe was met yet. `healthy`: one was. `unhealthy`: it was, and
 * fails now, or the liveness probe failed. `backoff`: it ended, and is started again after a pause.
 * `stopping`: it was told to end. `stopped`: by a person; it stays so until it is started. `exited`: it
 * ended and its policy says to leave it at that. `failed`: it ended too often, or cannot be run.
 */
export const PANE_STATES = [
  'waiting',
  'starting',
  'running',
  'healthy',
  'unhealthy',
  'backoff',
  'stopping',
  'stopped',
  'exited',
  'failed',
] as const;

export type PaneState = (typeof PANE_STATES)[number];

const paneExit = z.strictObject({
  /** Exit status, or null when a signal ended the command. */
  status: z.int().nullable(),
  /** Signal name such as `SIGKILL`, or null. */
  signal: z.string().nullable(),
  at: epochMs,
});

export type PaneExit = ValueOf<typeof paneExit>;

/** What a pane does, measured over the last seconds. */
const paneTelemetry = z.strictObject({
  linesPerSecond: z.number().min(0),
  bytesPerSecond: z.number().min(0),
  /** When the newest output came; null before the first. */
  lastOutputAt: epochMs.nullable(),
  /**
   * Use of processors by the command with everything it started: 1 is a whole core; null while it
   * does not run.
   */
  cpu: z.number().min(0).nullable(),
  /** Resident memory of the command with everything it started. */
  memoryBytes: count.nullable(),
  processes: count.nullable(),
});

export type PaneTelemetry = ValueOf<typeof paneTelemetry>;

/**
 * Most processes that are named of those that a command has left behind; the rest are only counted.
 */
export const MAX_NAMED_PROCESSES = 5;

/** Processes that ended runs have left in other process groups, and that go on. */
const leftBehind = z.strictObject({
  count,
  /** The first of them; `command` is its beginning, without control characters. */
  processes: z.array(z.strictObject({ pid: z.int(), command: z.string() })),
});

export type LeftBehind = ValueOf<typeof leftBehind>;

/** Of more panes that people have opened only their number is told. */
export const MAX_NAMED_OPENED = 20;

/** The panes of a session that are not configured: drivers opened them, and nobody supervises them. */
export const openedPanesSchema = z.strictObject({
  count,
  panes: z.array(
    z.strictObject({
      id: paneId,
      /** The number of its window, as tmux's status line shows it. */
      window: z.int().min(0),
      /** What is in its foreground, the beginning of it without control characters; null where it has ended. */
      command: z.string().nullable(),
    }),
  ),
});

export type OpenedPanes = ValueOf<typeof openedPanesSchema>;

/** What was left behind, for people: `12 (sleep 60), 13 (daemon), 4 more`. */
export function leftText({ count, processes }: LeftBehind): string {
  const named = processes.map(({ pid, command }) => `${pid} (${command})`);
  const more = count > processes.length ? [`${count - processes.length} more`] : [];
  return [...named, ...more].join(', ');
}

export const paneDescriptionSchema = z.strictObject({
  name: pane,
  title: z.string(),
  /** null while somebody has closed the pane, and it is not back yet. */
  id: paneId.nullable(),
  state: z.enum(PANE_STATES),
  /** Why the pane is in its state, for people: a few words without control characters. */
  reason: z.string(),
  /** When the state changed last. */
  since: epochMs,
  /** Process id of the pane's command, not of its keeper; null when it does not run. */
  pid: z.int().nullable(),
  /** For people: the command as configured, in one line. */
  command: z.string(),
  restarts: count,
  /** Crashes in a row, without having been well for long enough in between. */
  crashes: count,
  /** When the command was started last; null before the first start. */
  startedAt: epochMs.nullable(),
  /** When the command is started again; null except in `backoff`. */
  startsAt: epochMs.nullable(),
  lastExit: paneExit.nullable(),
  /** The line with which the command asks for somebody's input; null when it does not. */
  question: z.string().nullable(),
  telemetry: paneTelemetry,
  leftBehind,
  /** What else is wrong, for people: its log file cannot be written, for one. */
  problems: z.array(z.string()),
});

export type PaneDescription = ValueOf<typeof paneDescriptionSchema>;

/** What panes may be sent; SIGSTOP is left out: a keeper continues what was stopped. */
export const PANE_SIGNALS = [
  'SIGHUP',
  'SIGINT',
  'SIGQUIT',
  'SIGKILL',
  'SIGUSR1',
  'SIGUSR2',
  'SIGTERM',
  'SIGCONT',
  'SIGWINCH',
] as const satisfies readonly NodeJS.Signals[];

export type PaneSignal = (typeof PANE_SIGNALS)[number];

/** What is done to the commands of one pane, or of all. */
export const PANE_ACTIONS = ['start', 'stop', 'restart'] as const;

export type PaneAction = (typeof PANE_ACTIONS)[number];

/** More than any history limit that tmux can hold in memory. */
export const MAX_CAPTURE_LINES = 1_000_000;

/** What `send` types at once: more belongs into a file. */
export const MAX_TEXT_BYTES = 64 * 1024;

/**
 * Called at each door before the text is passed on, and where it is typed. @throws UsageError for
 * more than the limit.
 */
export function requireTextSize(text: string): void {
  const bytes = Buffer.byteLength(text);
  if (bytes <= MAX_TEXT_BYTES) return;
  throw new UsageError(`text must be at most ${MAX_TEXT_BYTES} bytes, got ${bytes}`, {
    hint: 'put it into a file that the program in the pane can read',
  });
}

/** Most keys in one command: tmux reads a line of any length, and a person presses fewer. */
const MAX_KEYS = 1_000;

/** As `requireTextSize`. @throws UsageError for more than the limit, and for none. */
export function requireKeyCount(keys: readonly string[]): void {
  if (keys.length > 0 && keys.length <= MAX_KEYS) return;
  throw new UsageError(`keys at once must be 1 to ${MAX_KEYS}, got ${keys.length}`);
}

/**
 * What may be asked of one pane, be it by a verb, by a rule or from within another pane: a row for each verb. How
 * long texts and lists of keys may be, tmux's side says.
 */
export const paneRequestSchema = z.discriminatedUnion('verb', [
  z.strictObject({ verb: z.literal('send'), text: z.string(), enter: z.boolean() }),
  z.strictObject({ verb: z.literal('keys'), keys: z.array(z.string()) }),
  z.strictObject({ verb: z.literal('signal'), signal: z.enum(PANE_SIGNALS) }),
  z.strictObject({
    verb: z.literal('capture'),
    /** `screen`: what the pane shows; a number: its last lines; `all`: with the whole scrollback. */
    lines: z.union([z.literal(['screen', 'all']), z.int().min(1).max(MAX_CAPTURE_LINES)]),
    /** Keeps colours and attributes as SGR sequences. */
    ansi: z.boolean(),
    /**
     * Joins lines that tmux wrapped, and keeps the blanks at their ends, as tmux(1) capture-pane -J
     * does.
     */
    join: z.boolean().optional(),
  }),
]);

/** The verbs that act on a pane, in the order in which help lists them. */
export const PANE_VERBS = ['send', 'keys', 'signal', 'capture'] as const satisfies readonly ValueOf<
  typeof paneRequestSchema
>['verb'][];

export type PaneRequest = ValueOf<typeof paneRequestSchema>;

export type CaptureRequest = Omit<Extract<PaneRequest, { verb: 'capture' }>, 'verb'>;

/** What of a request goes on record, for people and for programs: never what is typed. */
export function recordOf(request: PaneRequest): {
  /** What was done, before the name of the pane. */
  readonly done: string;
  readonly facts: Readonly<Record<string, string | number>>;
} {
  switch (request.verb) {
    case 'send': {
      const bytes = Buffer.byteLength(request.text);
      return { done: `sent ${bytes} bytes to`, facts: { bytes } };
    }
    case 'keys': {
      const keys = request.keys.length;
      return { done: `pressed ${keys} keys in`, facts: { keys } };
    }
    case 'signal':
      return { done: `sent ${request.signal} to`, facts: { signal: request.signal } };
    case 'capture':
      return { done: 'captured', facts: {} };
  }
}
