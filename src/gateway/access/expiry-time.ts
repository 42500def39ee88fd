import { epochMsOf, UTC } from '../../base/calendar-time.js';

const EXPIRY_TIME = /^(\d{4})(\d\d)(\d\d)(?:(\d\d)(\d\d)(\d\d)?)?(Z)?$/i;

/**
 * Epoch ms of `expiry-time=` (sshd(8), AUTHORIZED_KEYS): `YYYYMMDD[Z]` or `YYYYMMDDHHMM[SS][Z]`,
 * local time without the `Z`; undefined for anything else.
 */
export function parseExpiryTime(text: string): number | undefined {
  const match = EXPIRY_TIME.exec(text);
  if (match === null) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match
    .slice(1, 7)
    .map((digits: string | undefined) => Number(digits ?? 0));
  const time = { year, month, day, hour, minute, second };
  return epochMsOf(time, match[7] === undefined ? 'local' : UTC);
}

/** The first moment at or after `epochMs` that `expiry-time=` can say, in UTC. */
export function formatExpiryTime(epochMs: number): string {
  const iso = new Date(wholeSecond(epochMs)).toISOString();
  return `${iso.slice(0, 19).replaceAll(/\D/g, '')}Z`;
}

/** `expiry-time=` counts in seconds; rounding up never ends a grant before it was said to end. */
export function wholeSecond(epochMs: number): number {
  return Math.ceil(epochMs / 1000) * 1000;
}
