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
