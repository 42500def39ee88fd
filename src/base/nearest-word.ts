/** The share of a word's letters that may be wrong in what was typed for it. */
const MAX_SHARE = 0.4;

/** The word of `known` that `text` was probably meant to be; undefined where none is near enough. */
export function findNearestWord<Word extends string>(
  text: string,
  known: readonly Word[],
): Word | undefined {
  // What people mistype is short; nothing longer is worth the time.
  if (text.length > 64) return undefined;
  const near = known
    .map((word) => ({ word, distance: distanceOf(text.toLowerCase(), word.toLowerCase()) }))
    .filter(({ word, distance }) => distance <= Math.max(1, word.length * MAX_SHARE))
    .sort((one, other) => one.distance - other.distance);
  return near[0]?.word;
}

/**
 * The hint for a word that is none of `known`; `before` stands in front of the word that was
 * probably meant.
 */
export function nearestHint(
  text: string,
  known: readonly string[],
  before = '',
): string | undefined {
  const nearest = findNearestWord(text, known);
  return nearest === undefined ? undefined : `did you mean ${before}${nearest}?`;
}

/** How many letters must be put in, left out or changed (Levenshtein), or swapped with the next. */
function distanceOf(one: string, other: string): number {
  let before: number[] = [];
  let row = Array.from({ length: other.length + 1 }, (_, at) => at);
  for (let at = 1; at <= one.length; at += 1) {
    const next = [at];
    for (let to = 1; to <= other.length; to += 1) {
      const isSame = one[at - 1] === other[to - 1];
      const isSwapped = to > 1 && one[at - 1] === other[to - 2] && one[at - 2] === other[to - 1];
      const changed = valueAt(row, to - 1) + (isSame ? 0 : 1);
      const swapped = isSwapped ? valueAt(before, to - 2) + 1 : changed;
      next.push(Math.min(valueAt(row, to) + 1, valueAt(next, to - 1) + 1, changed, swapped));
    }
    [before, row] = [row, next];
  }
  return valueAt(row, other.length);
}

function valueAt(row: readonly number[], at: number): number {
  return row[at] ?? 0;
}
