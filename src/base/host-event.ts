import { count, epochMs, pane, session, type ValueOf, z } from './schema.js';

/** What the host has to tell of: stable names, on which operators and tests match. */
const EVENT_KINDS = [
  'host-started',
  'session-made',
  'session-adopted',
  'session-lost',
  'session-ended',
  'command-started',
  'command-ended',
  'pane-state',
  'pane-closed',
  'pane-asks',
  'processes-left',
  'pane-signalled',
  'pane-refused',
  'rule-fired',
  'rule-failed',
  'rule-stopped',
  'notice',
  'output-lost',
  'events-lost',
  'log-file',
  'part-failed',
  'part-mended',
  'reloaded',
] as const;

export type EventKind = (typeof EVENT_KINDS)[number];

export const MAX_EVENT_TEXT = 1024;

/** Something that happened, as it is kept and as it crosses the link. */
export const hostEventSchema = z.strictObject({
  /** 1 for the first event of a home, then one more for each, over every restart. */
  number: z.int().min(1),
  at: epochMs,
  kind: z.enum(EVENT_KINDS),
  /** null for the host itself. */
  session: session.nullable(),
  pane: pane.nullable(),
  /** What made it happen: `pane:worker`, `rule:restart-on-oom`, `engineer:anna`; null for Triad itself. */
  by: z.string().nullable(),
  /** One sentence for people, without control characters. */
  text: z.string().max(MAX_EVENT_TEXT),
  /** The same for programs. */
  facts: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])),
});

export type HostEvent = ValueOf<typeof hostEventSchema>;

/** The same as whoever saw it tells of it. */
export type NewHostEvent = Omit<HostEvent, 'number' | 'at'>;

/** So many are kept; older ones are forgotten. */
export const MAX_KEPT_EVENTS = 10_000;
/** A page is checked in one go, which takes a millisecond. */
export const MAX_EVENTS_PER_PAGE = 50;
/** Longest that a call waits for something to happen. */
const MAX_WAIT_MS = 20_000;

/** How long to wait where there is nothing. */
export const waitMs = z.int().min(0).max(MAX_WAIT_MS);

export const eventsRequestSchema = z.strictObject({
  /** Only events with a larger number; a negative one counts from the newest: -20 for the last 20. */
  after: z.int(),
  count: z.int().min(1).max(MAX_EVENTS_PER_PAGE),
  waitMs,
});

export type EventsRequest = ValueOf<typeof eventsRequestSchema>;

export const eventsPageSchema = z.strictObject({
  events: z.array(hostEventSchema).max(MAX_EVENTS_PER_PAGE),
  /** Of the newest event there is; 0 before the first. */
  last: count,
  /** Events after `after` that are not kept any more. */
  missed: count,
  /** When the event `after` happened: tells another record from the one read so far. null: not kept. */
  afterAt: epochMs.nullable(),
});

export type EventsPage = ValueOf<typeof eventsPageSchema>;

/** How far a reader of the events has come. */
export interface EventPosition {
  /** The number of the last event that was read; 0 before the first. */
  readonly last: number;
  /** When that event happened, epoch ms; null where that is not known. */
  readonly at: number | null;
}

/** Whether the host gives numbers anew that were read already: its record was lost, or the end of it was. */
export function isAnotherRecord(
  { last, afterAt }: Pick<EventsPage, 'last' | 'afterAt'>,
  before: EventPosition,
): boolean {
  const isKnown = before.at !== null && afterAt !== null;
  return last < before.last || (isKnown && afterAt !== before.at);
}
