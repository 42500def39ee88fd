import { count, epochMs, pane, session, type ValueOf, z } from './schema.js';

/** The kinds of events that the host records: stable names, on which operators and tests match. */
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
  /** Counts the events of a home from 1, and goes on over restarts. */
  number: z.int().min(1),
  at: epochMs,
  kind: z.enum(EVENT_KINDS),
  /** The session that it happened in; null for the host itself. */
  session: session.nullable(),
  pane: pane.nullable(),
  /** What made it happen: `pane:worker`, `rule:restart-on-oom`, `engineer:anna`; null for Triad itself. */
  by: z.string().nullable(),
  /** One sentence for people, without control characters. */
  text: z.string().max(MAX_EVENT_TEXT),
  /** What the text says, as values for programs. */
  facts: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])),
});

export type HostEvent = ValueOf<typeof hostEventSchema>;

/** An event as it is reported, before it has a number and a time. */
export type NewHostEvent = Omit<HostEvent, 'number' | 'at'>;

/** The number of events that are kept; older ones are forgotten. */
export const MAX_KEPT_EVENTS = 10_000;
/** A page is checked in one go, which takes a millisecond. */
export const MAX_EVENTS_PER_PAGE = 50;
/** Longest that a call waits for something to happen. */
const MAX_WAIT_MS = 20_000;

/** How long a call waits where nothing has happened yet. */
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
  /** The number of the newest event there is; 0 before the first. */
  last: count,
  /** How many events after `after` are not kept any more. */
  missed: count,
  /**
   * When the event `after` happened, which tells another record from the one read so far; null
   * where it is not kept.
   */
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

/**
 * Whether numbers that were read already stand for other events now, since the host's record, or
 * its end, was lost.
 */
export function isAnotherRecord(
  { last, afterAt }: Pick<EventsPage, 'last' | 'afterAt'>,
  before: EventPosition,
): boolean {
  const isKnown = before.at !== null && afterAt !== null;
  return last < before.last || (isKnown && afterAt !== before.at);
}
