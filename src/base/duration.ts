import {
  type CalendarTime,
  calendarTimeOf,
  epochMsOf,
  findZone,
  type Zone,
} from './calendar-time.js';
import type { Problem } from './errors.js';
import { visible } from './visible.js';

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const WEEK_MS = 7 * DAY_MS;

/** Ten years: what is meant to last longer is meant to have no end. */
const MAX_DURATION_MS = 3650 * DAY_MS;

const DURATION = /^(?:(\d{1,9})w)?(?:(\d{1,9})d)?(?:(\d{1,9})h)?(?:(\d{1,9})m)?(?:(\d{1,9})s)?$/;
const UNITS_MS = [WEEK_MS, DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS] as const;

const DATE = /^(\d{4})-(\d\d)-(\d\d)$/;
const CLOCK = /^(\d\d?):(\d\d)(?::(\d\d))?$/;
/** Date, time of day, zone: with one of the first two at least, and a `T` or blanks between them. */
const TIME = /^(\d{4}-\d\d-\d\d)?(?:(?:^|T| )(\d\d?:\d\d(?::\d\d)?))?(?: ?([a-z].*|[+-]\d.*))?$/i;

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
 * Epoch ms of `2030-05-31` (its end), `2030-05-31T18:00` or `18:00` (today, or tomorrow where that is past),
 * in local time unless a zone follows: `Z`, `+02:00`, `Europe/Berlin`.
 *
 * @param now epoch ms; what is asked for must lie after it.
 */
export function parseUntil(text: string, now: number): number | Problem {
  const at = parseTime(text, { now, isEnd: true });
  if (at === undefined) {
    return {
      problem: `time must be like 18:00, 2030-05-31, 2030-05-31T18:00 or "18:00 Europe/Berlin", got "${visible(text)}"`,
    };
  }
  if (at <= now) return { problem: `time must be in the future, got "${visible(text)}"` };
  return at;
}

/**
 * Epoch ms of a moment in the past: `10m` ago, or a time as `parseUntil` reads it, except that a
 * date means its beginning and `18:00` the last one that was.
 *
 * @param now epoch ms
 */
export function parseSince(text: string, now: number): number | Problem {
  const ago = parseDuration(text);
  const at =
    typeof ago === 'number' ? Math.max(0, now - ago) : parseTime(text, { now, isEnd: false });
  if (at !== undefined && at >= 0) return at;
  return {
    problem: `time must be like 10m, 2h, 18:00 or 2030-05-31T18:00, got "${visible(text)}"`,
  };
}

interface TimeReading {
  readonly now: number;
  /**
   * Whether a span ends at the time: a date then means the end of that day, and a time of day the
   * next one to come.
   */
  readonly isEnd: boolean;
}

function parseTime(text: string, reading: TimeReading): number | undefined {
  const [, date, clock, zoneText] = TIME.exec(text) ?? [];
  const zone = zoneText === undefined ? 'local' : findZone(zoneText);
  if (zone === undefined) return undefined;
  const time = numbersIn(CLOCK.exec(clock ?? ''), ['hour', 'minute', 'second']);
  if (date !== undefined) {
    const at = epochMsOf(
      { ...numbersIn(DATE.exec(date), ['year', 'month', 'day']), ...time },
      zone,
    );
    return clock === undefined && reading.isEnd ? dayAfter(at, zone) : at;
  }
  return clock === undefined ? undefined : clockTime(time, zone, reading);
}

/** The number in each group of a match; 0 for a group that did not match. */
function numbersIn<Field extends keyof CalendarTime>(
  match: RegExpExecArray | null,
  fields: readonly Field[],
): Record<Field, number> {
  const counts = fields.map((field, index) => [field, Number(match?.[index + 1] ?? 0)] as const);
  return Object.fromEntries(counts) as Record<Field, number>;
}

/**
 * The moment at which the clocks of a zone show a time: the next where a span ends at it, else the
 * last.
 */
function clockTime(
  time: Pick<CalendarTime, 'hour' | 'minute' | 'second'>,
  zone: Zone,
  { now, isEnd }: TimeReading,
): number | undefined {
  const today = epochMsOf({ ...calendarTimeOf(now, zone), ...time }, zone);
  if (today === undefined) return undefined;
  if (isEnd) return today > now ? today : onAnotherDay(today, 1, zone);
  return today <= now ? today : onAnotherDay(today, -1, zone);
}

function dayAfter(at: number | undefined, zone: Zone): number | undefined {
  return at === undefined ? undefined : onAnotherDay(at, 1, zone);
}

/** The same time of day, `days` later by the calendar: a day may have 23 or 25 hours. */
function onAnotherDay(at: number, days: number, zone: Zone): number | undefined {
  const { year, month, day, ...clock } = calendarTimeOf(at, zone);
  const date = new Date(Date.UTC(year, month - 1, day + days));
  const [newYear, newMonth] = [date.getUTCFullYear(), date.getUTCMonth() + 1];
  return epochMsOf({ year: newYear, month: newMonth, day: date.getUTCDate(), ...clock }, zone);
}
