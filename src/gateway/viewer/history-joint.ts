/** What is known of a line when two captures of the same buffer are joined. */
export interface ComparedLine {
  readonly text: string;
  /** The line had scrolled off when it was captured, and so never changes again. */
  readonly isSettled: boolean;
}

/** Different lines that must agree before a page is joined elsewhere than expected. */
const MIN_EVIDENCE = 3;

/**
 * Where in `held` the page begins; negative when it begins before, undefined when nobody can tell.
 *
 * `expected` is right as long as the buffer drops nothing: tmux counts lines from the top of the
 * screen, and tells how many have scrolled off. When it has dropped its oldest tenth, or was
 * cleared, the content decides. Only settled lines can disagree; a position is taken when none does
 * and enough different ones agree, and where it was expected a single blank one is enough.
 */
export function findJoint(
  held: readonly ComparedLine[],
  page: readonly ComparedLine[],
  expected: number,
): number | undefined {
  if (evidenceAt(held, page, expected).agreed > 0) return expected;
  let best: number | undefined;
  let bestEvidence = MIN_EVIDENCE - 1;
  for (let start = 1 - page.length; start < held.length; start += 1) {
    const found = evidenceAt(held, page, start).different;
    const isNearer = Math.abs(start - expected) < Math.abs((best ?? Infinity) - expected);
    if (found > bestEvidence || (found === bestEvidence && best !== undefined && isNearer)) {
      best = start;
      bestEvidence = found;
    }
  }
  return best;
}

/** How many lines agree, and how many different ones; none as soon as one that was settled does not. */
function evidenceAt(
  held: readonly ComparedLine[],
  page: readonly ComparedLine[],
  start: number,
): { readonly agreed: number; readonly different: number } {
  let agreed = 0;
  const different = new Set<string>();
  const end = Math.min(held.length, start + page.length);
  for (let at = Math.max(0, start); at < end; at += 1) {
    const ours = held[at];
    const theirs = page[at - start];
    if (ours === undefined || theirs === undefined) continue;
    if (ours.text === theirs.text) {
      agreed += 1;
      if (ours.text !== '') different.add(ours.text);
    } else if (ours.isSettled && theirs.isSettled) return { agreed: 0, different: 0 };
  }
  return { agreed, different: different.size };
}

/** How many of the page's first lines are the last ones held, where that proves too little to join. */
export function repeatedLines(
  held: readonly ComparedLine[],
  page: readonly ComparedLine[],
): number {
  for (let count = Math.min(held.length, page.length); count > 0; count -= 1) {
    const start = held.length - count;
    if (page.slice(0, count).every((line, index) => line.text === held[start + index]?.text)) {
      return count;
    }
  }
  return 0;
}
