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
export function getLines(text: string | undefined, max: number, min = 0): number | undefined {
  if (text === undefined) return undefined;
  const lines = Number(text);
  if (/^\d{1,9}$/.test(text) && lines >= min && lines <= max) return lines;
  throw new UsageError(`--lines must be ${min} to ${max}, got ${visible(text)}`);
}
