import type { Problem } from './errors.js';
import { visible } from './visible.js';

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const WEEK_MS = 7 * DAY_MS;

/** Ten years: whatever is meant to last longer is meant to last for ever. */
const MAX_DURATION_MS = 3650 * DAY_MS;

const DURATION = /^(?:(\d{1,9})w)?(?:(\d{1,9})d)?(?:(\d{1,9})h)?(?:(\d{1,9})m)?(?:(\d{1,9})s)?$/;
const UNITS_MS = [WEEK_MS, DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS] as const;

const ISO_TIME = /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d))?(Z|[+-]\d\d:?\d\d)?)?$/i;

/**
 * The milliseconds of `90s`, `30m`, `8h`, `1h30m`, `2d` or `1w`: whole numbers, larger units first,
 * more than nothing and at most ten years.
 */
export function parseDuration(text: string): number | Problem {
  const counts = DURATION.exec(text)?.slice(1);
  if (counts === undefined || text === '') {
    return { problem: `duration must be like 30m, 8h, 1h30m, 2d or 1w, got "${visible(text)}"` };
  }
  const ms = UNITS_MS.reduce((sum, unitMs, index) => sum + Number(counts[index] ?? 0) * unitMs, 0);
  if (ms === 0 || ms > MAX_DURATION_MS) {
    return { problem: `duration must be more than 0 and at most 3650d, got "${visible(text)}"` };
  }
  return ms;
}

/**
 * Epoch ms of an ISO 8601 date (its first moment) or date and time, in local time unless it ends in
 * `Z` or an offset.
 *
 * @param now epoch ms; what is asked for must lie after it.
 */
export function parseUntil(text: string, now: number): number | Problem {
  const at = parseIsoTime(text);
  if (at === undefined) {
    return { problem: `time must be like 2030-05-31 or 2030-05-31T18:00, got "${visible(text)}"` };
  }
  if (at <= now) return { problem: `time must be in the future, got "${visible(text)}"` };
  return at;
}

/**
 * Epoch ms of what `10m` or an ISO 8601 time says of the past: so long ago, or at that time.
 *
 * @param now epoch ms
 */
export function parseSince(text: string, now: number): number | Problem {
  const ago = parseDuration(text);
  const at = typeof ago === 'number' ? Math.max(0, now - ago) : parseIsoTime(text);
  if (at !== undefined && at >= 0) return at;
  return { problem: `time must be like 10m, 2h or 2030-05-31T18:00, got "${visible(text)}"` };
}

function parseIsoTime(text: string): number | undefined {
  const match = ISO_TIME.exec(text);
  if (match === null) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match
    .slice(1, 7)
    .map((digits: string | undefined) => Number(digits ?? 0));
  const offset = match[7];
  const time = { year, month, day, hour, minute, second };
  if (offset === undefined) return epochMsOf(time, 'local');
  const utc = epochMsOf(time, 'utc');
  const offsetMs = parseOffset(offset);
  return utc === undefined || offsetMs === undefined ? undefined : utc - offsetMs;
}

function parseOffset(offset: string): number | undefined {
  if (offset.toUpperCase() === 'Z') return 0;
  const hours = Number(offset.slice(1, 3));
  const minutes = Number(offset.slice(-2));
  if (hours > 23 || minutes > 59) return undefined;
  return (offset.startsWith('-') ? -1 : 1) * (hours * HOUR_MS + minutes * MINUTE_MS);
}

/** A moment as people write it: month and day counted from 1. */
export interface CalendarTime {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
}

/**
 * Epoch ms of a calendar time, or undefined where the calendar has no such time (30 February,
 * 24:00, a leap second, before 1970). A local time that a clock change skips moves forward.
 */
export function epochMsOf(time: CalendarTime, zone: 'utc' | 'local'): number | undefined {
  const { year, month, day, hour, minute, second } = time;
  if (year < 1970 || hour > 23 || minute > 59 || second > 59) return undefined;
  const utc = new Date(Date.UTC(year, month - 1, day, hour, minute, second));
  if (utc.getUTCMonth() !== month - 1 || utc.getUTCDate() !== day) return undefined;
  if (zone === 'utc') return utc.getTime();
  return new Date(year, month - 1, day, hour, minute, second).getTime();
}
