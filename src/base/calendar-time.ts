const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const OFFSET = /^([+-])(\d\d)(?::?(\d\d))?$/;

/** A moment as people write it: month and day counted from 1. */
export interface CalendarTime {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
}

/** Whose clocks show a calendar time: those of this machine, at so many ms from UTC, or of a place. */
export type Zone = 'local' | { readonly offsetMs: number } | { readonly name: string };

export const UTC: Zone = { offsetMs: 0 };

/** The zone that `Z`, `UTC`, `+02:00`, `+0200`, `+02` or a name of the tz database means. */
export function findZone(text: string): Zone | undefined {
  if (/^(?:z|utc|gmt)$/i.test(text)) return UTC;
  const match = OFFSET.exec(text);
  if (match === null) return findNamedZone(text);
  const [, sign, hours = 0, minutes = 0] = match;
  if (Number(hours) > 23 || Number(minutes) > 59) return undefined;
  const offsetMs = Number(hours) * HOUR_MS + Number(minutes) * MINUTE_MS;
  return { offsetMs: sign === '-' ? -offsetMs : offsetMs };
}

function findNamedZone(name: string): Zone | undefined {
  // Names alone: what Intl makes of other texts differs from version to version.
  if (!/^[a-z][\w/+-]{1,63}$/i.test(name)) return undefined;
  try {
    formatFor(name);
    return { name };
  } catch {
    return undefined;
  }
}

/**
 * Epoch ms of a calendar time, or undefined where the calendar has no such time (30 February,
 * 24:00, a leap second, before 1970). A time that a clock change skips moves forward.
 */
export function epochMsOf(time: CalendarTime, zone: Zone): number | undefined {
  const { year, month, day, hour, minute, second } = time;
  if (year < 1970 || hour > 23 || minute > 59 || second > 59) return undefined;
  const utc = new Date(Date.UTC(year, month - 1, day, hour, minute, second));
  if (utc.getUTCMonth() !== month - 1 || utc.getUTCDate() !== day) return undefined;
  if (zone === 'local') return new Date(year, month - 1, day, hour, minute, second).getTime();
  if ('offsetMs' in zone) return utc.getTime() - zone.offsetMs;
  return epochMsAt(utc.getTime(), zone.name);
}

/** What the clocks of a zone show at `epochMs`. */
export function calendarTimeOf(epochMs: number, zone: Zone): CalendarTime {
  const shown = epochMs + offsetMsAt(epochMs, zone);
  const date = new Date(shown);
  return {
    year: date.getUTCFullYear(),
    month: date.getUTCMonth() + 1,
    day: date.getUTCDate(),
    hour: date.getUTCHours(),
    minute: date.getUTCMinutes(),
    second: date.getUTCSeconds(),
  };
}

/** For people: `2030-05-31 18:00:00 +02:00` of this machine, or `… UTC` where that is the same. */
export function localTimeText(epochMs: number): string {
  const offsetMs = offsetMsAt(epochMs, 'local');
  const shown = new Date(epochMs + offsetMs).toISOString().slice(0, 19).replace('T', ' ');
  return `${shown} ${offsetText(offsetMs)}`;
}

function offsetText(offsetMs: number): string {
  if (offsetMs === 0) return 'UTC';
  const minutes = Math.abs(offsetMs) / MINUTE_MS;
  const [hours, rest] = [Math.floor(minutes / 60), Math.round(minutes % 60)];
  const digits = [hours, rest].map((count) => `${count}`.padStart(2, '0')).join(':');
  return `${offsetMs < 0 ? '-' : '+'}${digits}`;
}

/** The moment at which the clocks of a place show what UTC shows at `shown`. */
function epochMsAt(shown: number, name: string): number {
  // A clock change may lie between UTC and the place: the second look takes the offset of that moment.
  const first = shown - offsetMsAt(shown, { name });
  const second = shown - offsetMsAt(first, { name });
  return calendarMatches(second, shown, name) ? second : Math.max(first, second);
}

function calendarMatches(epochMs: number, shown: number, name: string): boolean {
  return epochMs + offsetMsAt(epochMs, { name }) === shown;
}

function offsetMsAt(epochMs: number, zone: Zone): number {
  if (zone === 'local') return -new Date(epochMs).getTimezoneOffset() * MINUTE_MS;
  if ('offsetMs' in zone) return zone.offsetMs;
  const parts = formatFor(zone.name).formatToParts(epochMs);
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = FIELDS.map((field) =>
    Number(parts.find(({ type }) => type === field)?.value),
  );
  const wholeMs = Math.floor(epochMs / 1000) * 1000;
  return Date.UTC(year, month - 1, day, hour, minute, second) - wholeMs;
}

const FIELDS = ['year', 'month', 'day', 'hour', 'minute', 'second'] as const;

function formatFor(timeZone: string): Intl.DateTimeFormat {
  const fields = Object.fromEntries(FIELDS.map((field) => [field, 'numeric']));
  return new Intl.DateTimeFormat('en-US', { timeZone, hourCycle: 'h23', ...fields });
}
