import type { PaneName, SessionName } from './ids.js';

/** What the host has to tell of: stable names, on which operators and tests match. */
export const EVENT_KINDS = [
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

/** Something that happened, as whoever saw it tells of it. */
export interface NewHostEvent {
  readonly kind: EventKind;
  /** null for the host itself. */
  readonly session: SessionName | null;
  readonly pane: PaneName | null;
  /** What made it happen: `pane:worker`, `rule:restart-on-oom`, `engineer:anna`; null for Triad itself. */
  readonly by: string | null;
  /** One sentence for people, without control characters; at most `MAX_EVENT_TEXT`. */
  readonly text: string;
  /** The same for programs. */
  readonly facts: Readonly<Record<string, string | number | boolean | null>>;
}

export const MAX_EVENT_TEXT = 1024;

export interface HostEvent extends NewHostEvent {
  /** 1 for the first event of a home, then one more for each, over every restart. */
  readonly number: number;
  /** Epoch ms. */
  readonly at: number;
}

/** So many are kept; older ones are forgotten. */
export const MAX_KEPT_EVENTS = 10_000;
/** A page is checked in one go, which takes a millisecond. */
export const MAX_EVENTS_PER_PAGE = 50;

export interface EventsRequest {
  /** Only events with a larger number; a negative one counts from the newest: -20 for the last 20. */
  readonly after: number;
  /** 1 to `MAX_EVENTS_PER_PAGE`. */
  readonly count: number;
  /** How long to wait for one where there is none; 0 to `MAX_WAIT_MS`. */
  readonly waitMs: number;
}

export interface EventsPage {
  readonly events: readonly HostEvent[];
  /** Of the newest event there is; 0 before the first. */
  readonly last: number;
  /** Events after `after` that are not kept any more. */
  readonly missed: number;
  /** When the event `after` happened, epoch ms: tells another record from the one read so far. null: not kept. */
  readonly afterAt: number | null;
}

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

/** Longest that a call waits for something to happen. */
export const MAX_WAIT_MS = 20_000;
