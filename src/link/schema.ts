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
import { MAX_OUTPUT_BYTES } from '../base/output-page.js';
import { PANE_SIGNALS, PANE_STATES } from '../base/pane.js';
import { MAX_PRESENT_DRIVERS } from '../base/presence.js';
import { hostEventSchema } from '../base/schema.js';
import { MAX_LAYOUT_PANES } from '../base/window-layout.js';
import { z } from '../base/zod.js';
import { CALLS, type Call } from './protocol.js';

const session = z.custom<SessionName>((value) => typeof value === 'string' && isName(value));
const pane = z.custom<PaneName>((value) => typeof value === 'string' && isName(value));
const paneId = z.custom<PaneId>((value) => typeof value === 'string' && /^%\d{1,10}$/.test(value));
const cells = z.int().min(1).max(1000);
const size = z.strictObject({ cols: cells, rows: cells });
/** The number of the view's stream. */
const view = z.int().min(1);
const address = { session, pane };
/** One pane, or all. */
const panes = { session, pane: pane.nullable() };
const epochMs = z.number().min(0);
const counted = z.int().min(0);
const waitMs = z.int().min(0).max(MAX_WAIT_MS);
const engineer = z.custom<EngineerName>((value) => typeof value === 'string' && isName(value));

/** What a check of a message yields. */
export type Parsed<T> = ZodSafeParseResult<T>;

/** This and its answer may get more fields: they are read before a version is agreed upon. */
export const helloSchema = z.object({ versions: z.array(z.int()).min(1).max(64) });

export const welcomeSchema = z.object({ version: z.int() });

/** What is asked for a view, in its header. */
export const viewRequestSchema = z.strictObject({ session, term: z.string().max(256), size });

/** What is asked for a mirror: its size is the window's. */
export const mirrorRequestSchema = z.strictObject({ session });

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

/** What each call asks for. */
const requestSchemas = {
  describe: z.strictObject({}),
  capture: z.strictObject({
    ...address,
    lines: z.union([z.literal(['screen', 'all']), z.int().min(1)]),
    ansi: z.boolean(),
  }),
  history: z.strictObject({
    session,
    pane: paneId,
    firstLine: z.int().min(-MAX_HISTORY).max(1000),
    count: z.int().min(1).max(MAX_HISTORY_LINES),
  }),
  send: z.strictObject({ ...address, text: z.string(), enter: z.boolean() }),
  keys: z.strictObject({ ...address, keys: z.array(z.string()) }),
  start: z.strictObject(panes),
  stop: z.strictObject(panes),
  restart: z.strictObject(panes),
  signal: z.strictObject({ ...address, signal: z.enum(PANE_SIGNALS) }),
  output: z.strictObject({
    ...address,
    start: z.union([
      z.strictObject({ at: counted }),
      z.strictObject({ since: epochMs }),
      z.strictObject({ lines: counted }),
    ]),
    maxBytes: z.int().min(1).max(MAX_OUTPUT_BYTES),
    waitMs,
  }),
  events: z.strictObject({
    after: z.int(),
    count: z.int().min(1).max(MAX_EVENTS_PER_PAGE),
    waitMs,
  }),
  reload: z.strictObject({}),
  present: z.strictObject({
    session,
    drivers: z.array(engineer).max(MAX_PRESENT_DRIVERS),
    observers: counted,
  }),
  'end-session': z.strictObject({ session }),
  resize: z.strictObject({ view, size }),
  close: z.strictObject({ view }),
} as const satisfies Record<Call, ZodType>;

export type RequestOf<C extends Call> = output<(typeof requestSchemas)[C]>;

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

/** Bytes cross as Base64. */
const outputPage = z.strictObject({ bytes: z.base64(), skipped: counted, next: counted });

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

/** What each call is answered with. */
const responseSchemas = {
  describe: z.array(sessionDescription),
  /** Of each line of the answer. */
  capture: z.string(),
  history: historyPage,
  send: nothing,
  keys: nothing,
  start: nothing,
  stop: nothing,
  restart: nothing,
  signal: nothing,
  output: outputPage,
  events: eventsPage,
  reload: reloadReport,
  present: nothing,
  'end-session': nothing,
  resize: nothing,
  close: nothing,
} as const satisfies Record<Call, ZodType>;

export type ResponseOf<C extends Call> = output<(typeof responseSchemas)[C]>;

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

/** How a view ended, in its trailer. */
export const viewEndSchema = z.strictObject({
  reason: z.enum(['detached', 'session-ended', 'closed', 'failed']),
  isTerminalRestored: z.boolean(),
});

export function findCall(name: string): Call | undefined {
  return CALLS.find((call) => call === name);
}

/** Checks what the gateway sent with a call. */
export function parseRequest<C extends Call>(call: C, value: unknown): Parsed<RequestOf<C>> {
  const schema: ZodType = requestSchemas[call];
  return schema.safeParse(value) as Parsed<RequestOf<C>>;
}

/** Checks what the host answered to a call. */
export function parseResponse<C extends Call>(call: C, value: unknown): Parsed<ResponseOf<C>> {
  const schema: ZodType = responseSchemas[call];
  return schema.safeParse(value) as Parsed<ResponseOf<C>>;
}
