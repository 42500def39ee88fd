import type { output, ZodSafeParseResult, ZodType } from 'zod';
import { MAX_HISTORY_LINES } from '../base/history-page.js';
import { MAX_EVENTS_PER_PAGE, MAX_WAIT_MS } from '../base/host-event.js';
import {
  type EngineerName,
  isName,
  type PaneId,
  type PaneName,
  type SessionName,
} from '../base/ids.js';
import { MAX_OUTPUT_BYTES, type OutputPage } from '../base/output-page.js';
import { PANE_ACTIONS, PANE_STATES } from '../base/pane.js';
import { paneRequestSchema } from '../base/pane-request.js';
import { MAX_PRESENT_DRIVERS } from '../base/presence.js';
import { hostEventSchema } from '../base/schema.js';
import { MAX_LAYOUT_PANES } from '../base/window-layout.js';
import { z } from '../base/zod.js';

const session = z.custom<SessionName>((value) => typeof value === 'string' && isName(value));
const pane = z.custom<PaneName>((value) => typeof value === 'string' && isName(value));
const paneId = z.custom<PaneId>((value) => typeof value === 'string' && /^%\d{1,10}$/.test(value));
const cells = z.int().min(1).max(1000);
const size = z.strictObject({ cols: cells, rows: cells });
/** The number of the view's stream. */
const view = z.int().min(1);
const epochMs = z.number().min(0);
const counted = z.int().min(0);
const waitMs = z.int().min(0).max(MAX_WAIT_MS);
const engineer = z.custom<EngineerName>((value) => typeof value === 'string' && isName(value));

/** What a check of a message yields. */
export type Parsed<T> = ZodSafeParseResult<T>;

/** This and its answer may get more fields: they are read before a version is agreed upon. */
export const helloSchema = z.object({ versions: z.array(z.int()).min(1).max(64) });

export const welcomeSchema = z.object({ version: z.int() });

/** From 0: a pane may be squeezed to nothing. */
const offset = z.int().min(0).max(1000);
const region = z.strictObject({ col: offset, row: offset, cols: offset, rows: offset });
const layoutPane = z.strictObject({
  id: paneId,
  name: pane.nullable(),
  isActive: z.boolean(),
  region: region.nullable(),
});

/** What a mirror's window looks like, in a message of its stream. */
export const windowLayoutSchema = z.strictObject({
  size,
  isZoomed: z.boolean(),
  panes: z.array(layoutPane).max(MAX_LAYOUT_PANES),
});

/** Far beyond what tmux keeps; within what its numbers hold. */
const MAX_HISTORY = 1_000_000_000;
/** A thousand cells, each with colours, attributes and combining characters of its own. */
const MAX_LINE_CHARACTERS = 256 * 1024;

const historyPage = z.strictObject({
  firstLine: z.int().min(-MAX_HISTORY).max(1000),
  lines: z.array(z.string().max(MAX_LINE_CHARACTERS)).max(MAX_HISTORY_LINES),
  historySize: z.int().min(0).max(MAX_HISTORY),
  size,
});

const paneExit = z.strictObject({
  status: z.int().nullable(),
  signal: z.string().nullable(),
  at: epochMs,
});

const telemetry = z.strictObject({
  linesPerSecond: z.number().min(0),
  bytesPerSecond: z.number().min(0),
  lastOutputAt: epochMs.nullable(),
  cpu: z.number().min(0).nullable(),
  memoryBytes: counted.nullable(),
  processes: counted.nullable(),
});

const paneDescription = z.strictObject({
  name: pane,
  title: z.string(),
  id: paneId.nullable(),
  state: z.enum(PANE_STATES),
  reason: z.string(),
  since: epochMs,
  pid: z.int().nullable(),
  command: z.string(),
  restarts: counted,
  crashes: counted,
  startedAt: epochMs.nullable(),
  startsAt: epochMs.nullable(),
  lastExit: paneExit.nullable(),
  question: z.string().nullable(),
  telemetry,
  problems: z.array(z.string()),
});

const sessionDescription = z.strictObject({
  name: session,
  state: z.enum(['starting', 'running', 'ended']),
  socket: z.string(),
  tmuxVersion: z.string(),
  adopted: z.boolean(),
  problems: z.array(z.string()),
  panes: z.array(paneDescription),
});

const eventsPage = z.strictObject({
  events: z.array(hostEventSchema).max(MAX_EVENTS_PER_PAGE),
  last: counted,
  missed: counted,
  afterAt: epochMs.nullable(),
});

const outputPage = z.strictObject({
  bytes: z.base64().transform((text): Uint8Array => Buffer.from(text, 'base64')),
  skipped: counted,
  next: counted,
});

const outputRequest = {
  start: z.union([
    z.strictObject({ at: counted }),
    z.strictObject({ since: epochMs }),
    z.strictObject({ lines: counted }),
  ]),
  maxBytes: z.int().min(1).max(MAX_OUTPUT_BYTES),
  waitMs,
};

const reloadReport = z.strictObject({
  changes: z.array(
    z.strictObject({
      session,
      pane: pane.nullable(),
      change: z.enum(['added', 'removed', 'restarted', 'changed']),
    }),
  ),
});

const nothing = z.strictObject({});
const done = nothing.transform((): void => undefined);

/** How a view ended, in its trailer. */
export const viewEndSchema = z.strictObject({
  reason: z.enum(['detached', 'session-ended', 'closed', 'failed']),
  isTerminalRestored: z.boolean(),
});

/** One row of the link. */
interface Row {
  /** Who answers: the host, or the session that the request names. */
  readonly of: 'host' | 'session';
  /**
   * `question`: answered at once. `change`: takes as long as commands take to end, and is waited for as long as the
   * host lives. `follow`: waits for something to happen, `MAX_WAIT_MS` at most. `view`: goes on until it has ended.
   */
  readonly kind: 'question' | 'change' | 'follow' | 'view';
  readonly request: ZodType;
  readonly answer: ZodType;
  /** Makes of an answer what crosses, where that is no JSON; its schema makes the answer again. */
  encode?(answer: unknown): unknown;
  /** The answer is a list that may have megabytes, and crosses piece by piece. */
  readonly isInPieces?: true;
}

/**
 * The link: what a gateway may ask of a host, a row for each call. Its forms and their contract suite are made
 * from it, so that a new call is a row here and its handler: a method of `HostSession`, or one of `LocalHost`.
 */
const LINK = {
  /** What there is now: each session with its panes, in configured order. */
  describe: {
    of: 'host',
    kind: 'question',
    request: nothing,
    answer: z.array(sessionDescription),
  },
  /** A page of what happened; waits for something where there is nothing. */
  events: {
    of: 'host',
    kind: 'follow',
    request: z.strictObject({
      after: z.int(),
      count: z.int().min(1).max(MAX_EVENTS_PER_PAGE),
      waitMs,
    }),
    answer: eventsPage,
  },
  /** Reads the host's own triad.yaml again and applies what changed. @throws ConfigurationError: nothing was. */
  reload: { of: 'host', kind: 'change', request: nothing, answer: reloadReport },
  /** Ends a session with everything in it; answered when its tmux server is gone. */
  endSession: {
    of: 'host',
    kind: 'change',
    request: z.strictObject({ session }),
    answer: done,
  },
  /** A page of a pane's lines. @throws UnavailableError when it is not there, or too many ask. */
  history: {
    of: 'session',
    kind: 'question',
    request: z.strictObject({
      session,
      pane: paneId,
      firstLine: z.int().min(-MAX_HISTORY).max(1000),
      count: z.int().min(1).max(MAX_HISTORY_LINES),
    }),
    answer: historyPage,
  },
  /**
   * Asks something of one pane. A capture is answered with its text, lines ended by LF, blank ones at the end removed.
   * @throws RefusedError when the pane's command does not run; UsageError for text or keys that are none.
   */
  pane: {
    of: 'session',
    kind: 'question',
    request: z.strictObject({ session, pane, ask: paneRequestSchema }),
    answer: z.array(z.string()),
    isInPieces: true,
  },
  /**
   * Starts what does not run, each after what it depends on; ends commands as their policy says, in reverse
   * order, to stay stopped; or ends them and starts them again. One pane, or with null all of the session.
   * @throws RefusedError when the one that is to be started runs already.
   */
  supervise: {
    of: 'session',
    kind: 'change',
    request: z.strictObject({ session, pane: pane.nullable(), action: z.enum(PANE_ACTIONS) }),
    answer: done,
  },
  /** A page of what a pane has put out; waits for some where there is none. */
  output: {
    of: 'session',
    kind: 'follow',
    request: z.strictObject({ session, pane, ...outputRequest }),
    answer: outputPage,
    encode: ({ bytes, ...page }: OutputPage) => {
      return { ...page, bytes: Buffer.from(bytes).toString('base64') };
    },
  },
  /** Tells a session who is there, for its status line. */
  present: {
    of: 'session',
    kind: 'question',
    request: z.strictObject({
      session,
      drivers: z.array(engineer).max(MAX_PRESENT_DRIVERS),
      observers: counted,
    }),
    answer: done,
  },
  /** An own tmux client for somebody who types. */
  driver: {
    of: 'session',
    kind: 'view',
    request: z.strictObject({ session, term: z.string().max(256), size }),
    answer: viewEndSchema,
  },
  /** The mirror of a session, whose size is the window's: there is no way to send anything through it. */
  mirror: {
    of: 'session',
    kind: 'view',
    request: z.strictObject({ session }),
    answer: viewEndSchema,
  },
} as const satisfies Record<string, Row>;

type Link = typeof LINK;

/** The rows of a kind, or all but those of a kind. */
type NamesWith<Column> = { [N in keyof Link]: Link[N] extends Column ? N : never }[keyof Link];

export type ViewKind = NamesWith<{ kind: 'view' }>;
export type CallName = Exclude<keyof Link, ViewKind>;
/** Those that a session answers. */
export type SessionCallName = Exclude<NamesWith<{ of: 'session' }>, ViewKind>;

/** The same as nobody may change it. */
type Frozen<T> = T extends string | Uint8Array
  ? T
  : T extends readonly (infer Each)[]
    ? readonly Frozen<Each>[]
    : T extends object
      ? { readonly [K in keyof T]: Frozen<T[K]> }
      : T;

type Requests = { [N in keyof Link]: Frozen<output<Link[N]['request']>> };
type Answers = { [N in keyof Link]: Frozen<output<Link[N]['answer']>> };

export type RequestOf<N extends keyof Link> = Requests[N];
export type AnswerOf<N extends keyof Link> = Answers[N];

export function rowOf(name: keyof Link): Row {
  return LINK[name];
}

const NAMES = Object.keys(LINK) as (keyof Link)[];

export const VIEW_KINDS = NAMES.filter((name): name is ViewKind => rowOf(name).kind === 'view');
export const CALL_NAMES = NAMES.filter((name): name is CallName => rowOf(name).kind !== 'view');
export const SESSION_CALL_NAMES = CALL_NAMES.filter(
  (name): name is SessionCallName => rowOf(name).of === 'session',
);

/** Checks what the gateway asked for. */
export function parseRequest<N extends keyof Link>(name: N, value: unknown): Parsed<RequestOf<N>> {
  return rowOf(name).request.safeParse(value) as Parsed<RequestOf<N>>;
}

/** Checks what the host answered. */
export function parseAnswer<N extends keyof Link>(name: N, value: unknown): Parsed<AnswerOf<N>> {
  return rowOf(name).answer.safeParse(value) as Parsed<AnswerOf<N>>;
}

/** What is told of a view of the same connection, by the number of its stream; of the socket form alone. */
export const viewChangeSchema = z.union([
  z.strictObject({ view, size }),
  z.strictObject({ view, isClosed: z.literal(true) }),
]);
export type ViewChange = output<typeof viewChangeSchema>;

/** A file's problems are told up to fewer. */
const MAX_PROBLEMS = 1000;

/** Instead of an answer: the error that the host threw. */
export const failureSchema = z.strictObject({
  code: z.string().max(64),
  message: z.string(),
  userMessage: z.string().optional(),
  hint: z.string().optional(),
  /** Of a configuration: one line each. */
  problems: z.array(z.string()).max(MAX_PROBLEMS).optional(),
});

export type Failure = output<typeof failureSchema>;
