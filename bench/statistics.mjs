/**
 * A figure of several rounds: its value, and the smallest and largest round.
 *
 * @typedef {{ readonly value: number, readonly low: number, readonly high: number }} Spread
 */

/**
 * The value below which a `share` of `values` lies, by linear interpolation.
 *
 * @param {readonly number[]} values @param {number} share 0 to 1
 */
export function quantile(values, share) {
  if (values.length === 0) throw new RangeError('no values');
  const sorted = values.toSorted((left, right) => left - right);
  const place = (sorted.length - 1) * share;
  const below = Math.floor(place);
  const low = sorted[below] ?? 0;
  const high = sorted[Math.min(below + 1, sorted.length - 1)] ?? 0;
  return low + (high - low) * (place - below);
}

/** @param {readonly number[]} values */
export function median(values) {
  return quantile(values, 0.5);
}

/** @param {readonly number[]} values one per round @returns {Spread} */
export function spreadOf(values) {
  return { value: median(values), low: Math.min(...values), high: Math.max(...values) };
}

/**
 * A quantile of each round.
 *
 * @param {readonly (readonly number[])[]} rounds @param {number} share @returns {Spread}
 */
export function quantileOf(rounds, share) {
  return spreadOf(
    rounds.filter((values) => values.length > 0).map((values) => quantile(values, share)),
  );
}

/** @param {Spread} spread @param {number} factor @returns {Spread} */
export function scaled({ value, low, high }, factor) {
  return { value: value * factor, low: low * factor, high: high * factor };
}
