const SECOND_MS = 1000;
const UNITS = [
  ['d', 24 * 60 * 60 * SECOND_MS],
  ['h', 60 * 60 * SECOND_MS],
  ['m', 60 * SECOND_MS],
  ['s', SECOND_MS],
] as const;

/** `45s`, `5m12s`, `2d3h`: the two largest units; nothing below a second. */
export function ageText(ms: number): string {
  let rest = Math.max(0, ms);
  const first = UNITS.findIndex(([, unitMs]) => rest >= unitMs);
  if (first < 0) return '0s';
  return UNITS.slice(first, first + 2)
    .map(([unit, unitMs]) => {
      const count = Math.floor(rest / unitMs);
      rest -= count * unitMs;
      return count === 0 ? '' : `${count}${unit}`;
    })
    .join('');
}

/** ISO 8601 UTC, for programs; null stays null. */
export function isoTime(epochMs: number | null): string | null {
  return epochMs === null ? null : new Date(epochMs).toISOString();
}

/** `0`, `812`, `1.2K`, `34M`: bytes in steps of 1024, in at most four characters or so. */
export function bytesText(bytes: number): string {
  const steps = ['', 'K', 'M', 'G', 'T'];
  const step = bytes < 1 ? 0 : Math.min(4, Math.floor(Math.log2(bytes) / 10));
  const amount = bytes / 1024 ** step;
  const digits = step > 0 && amount < 10 ? 1 : 0;
  return `${amount.toFixed(digits)}${steps[step] ?? ''}`;
}
