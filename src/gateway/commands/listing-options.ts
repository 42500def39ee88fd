import { parseSince } from '../../base/duration.js';
import { UsageError } from '../../base/errors.js';
import { visible } from '../../base/visible.js';

/** Epoch ms of `--since`. @throws UsageError. */
export function getSince(text: string | undefined, now: number): number | undefined {
  if (text === undefined) return undefined;
  const at = parseSince(text, now);
  if (typeof at === 'number') return at;
  throw new UsageError(`--since: ${at.problem}`);
}

/** The number of `--lines`. @throws UsageError. */
export function getLines(text: string | undefined, max: number): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d{1,9}$/.test(text) && Number(text) <= max) return Number(text);
  throw new UsageError(`--lines must be 0 to ${max}, got ${visible(text)}`);
}
