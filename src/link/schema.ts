import type { ZodSafeParseResult, ZodType } from 'zod';
import { historyPageSchema, historyRequestSchema } from '../base/history-page.js';
import { searchedPagesSchema, searchRequestSchema } from '../base/history-search.js';
import { eventsPageSchema, eventsRequestSchema } from '../base/host-event.js';
import { type OutputPage, outputPageSchema, outputRequestSchema } from '../base/output-page.js';
import {
  PANE_ACTIONS,
  paneAddressSchema,
  paneRequestSchema,
  panesAddressSchema,
} from '../base/pane.js';
import { presenceSchema } from '../base/presence.js';
import { reloadReportSchema } from '../base/reload-report.js';
import { paneId, session, terminalSize, type ValueOf, z } from '../base/schema.js';
import { sessionDescriptionSchema } from '../base/session-description.js';
import { viewEndSchema } from '../base/view.js';

/** What a check of a message yields. */
export type Parsed<T> = ZodSafeParseResult<T>;

/**
 * The first request; it and its answer may get more fields, as they are read before a version is
 * agreed upon.
 */
export const helloSchema = z.object({ versions: z.array(z.int()).min(1).max(64) });

export const welcomeSchema = z.object({ version: z.int() });

const nothing = z.strictObject({});
const done = nothing.transform((): void => undefined);

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
  /** Makes JSON of an answer that is none; the schema of the answer takes it back. */
  encode?(answer: unknown): unknown;
  /** Set where the answer is a list that may have megabytes, and crosses piece by piece. */
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
    answer: z.array(sessionDescriptionSchema),
  },
  /** A page of what happened; waits for something where there is nothing. */
  events: {
    of: 'host',
    kind: 'follow',
    request: eventsRequestSchema,
    answer: eventsPageSchema,
  },
  /** Reads the host's own triad.yaml again and applies what changed. @throws ConfigurationError: nothing was. */
  reload: { of: 'host', kind: 'change', request: nothing, answer: reloadReportSchema },
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
    request: z.strictObject({ session, pane: paneId, ...historyRequestSchema.shape }),
    answer: historyPageSchema,
  },
  /** Searches some pages of a pane's lines for a text. @throws as `history`. */
  search: {
    of: 'session',
    kind: 'question',
    request: z.strictObject({ session, pane: paneId, ...searchRequestSchema.shape }),
    answer: searchedPagesSchema,
  },
  /**
   * Asks something of one pane. A capture is answered with its text, lines ended by LF, blank ones at the end removed.
   * @throws RefusedError when the pane's command does not run; UsageError for text or keys that are none.
   */
  pane: {
    of: 'session',
    kind: 'question',
    request: paneAddressSchema.extend({ ask: paneRequestSchema }),
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
    request: panesAddressSchema.extend({ action: z.enum(PANE_ACTIONS) }),
    answer: done,
  },
  /** A page of what a pane has put out; waits for some where there is none. */
  output: {
    of: 'session',
    kind: 'follow',
    request: paneAddressSchema.extend(outputRequestSchema.shape),
    answer: outputPageSchema,
    encode: ({ bytes, ...page }: OutputPage) => {
      return { ...page, bytes: Buffer.from(bytes).toString('base64') };
    },
  },
  /** Tells a session who is there, for its status line. */
  present: {
    of: 'session',
    kind: 'question',
    request: z.strictObject({ session, ...presenceSchema.shape }),
    answer: done,
  },
  /** The view of a driver, by a tmux client of its own. */
  driver: {
    of: 'session',
    kind: 'view',
    request: z.strictObject({
      session,
      /** The terminal type the client named; anything: the host falls back where it is not usable. */
      term: z.string().max(256),
      size: terminalSize,
    }),
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

/** The names of the rows that have the given columns. */
type NamesWith<Column> = { [N in keyof Link]: Link[N] extends Column ? N : never }[keyof Link];

export type ViewKind = NamesWith<{ kind: 'view' }>;
export type CallName = Exclude<keyof Link, ViewKind>;
/** The calls that a session answers. */
export type SessionCallName = Exclude<NamesWith<{ of: 'session' }>, ViewKind>;

type Requests = { [N in keyof Link]: ValueOf<Link[N]['request']> };
type Answers = { [N in keyof Link]: ValueOf<Link[N]['answer']> };

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

/** The number of the view's stream. */
const view = z.int().min(1);

/**
 * A change of a view of the same connection, named by the number of its stream; in the socket form
 * alone.
 */
export const viewChangeSchema = z.union([
  z.strictObject({ view, size: terminalSize }),
  z.strictObject({ view, isClosed: z.literal(true) }),
]);
export type ViewChange = ValueOf<typeof viewChangeSchema>;

/** More than the problems that are listed of any file. */
const MAX_PROBLEMS = 1000;

/** Instead of an answer: the error that the host threw. */
export const failureSchema = z.strictObject({
  code: z.string().max(64),
  message: z.string(),
  userMessage: z.string().optional(),
  hint: z.string().optional(),
  /** The problems of a configuration, one line each. */
  problems: z.array(z.string()).max(MAX_PROBLEMS).optional(),
});

export type Failure = ValueOf<typeof failureSchema>;
