import { blankRow, type Row } from './grid.js';

/** A band of rows that moved: up by `distance`, or down where it is negative. */
export interface Scroll {
  readonly top: number;
  /** The last row of the band, included. */
  readonly bottom: number;
  readonly distance: number;
}

/** How many more rows have to be right afterwards than before; fewer are as cheap to draw. */
const MIN_GAIN = 2;
/** How many ways to scroll are tried; a bound for screens that are made to cost much. */
const MAX_DISTANCES = 4;

/** Finds the move of full-width rows that saves most; rows are compared by identity. */
export function findScroll(from: readonly Row[], to: readonly Row[]): Scroll | undefined {
  let best: Scroll | undefined;
  let bestGain = MIN_GAIN - 1;
  for (const distance of distances(from, to)) {
    for (const scroll of bands(from, to, distance)) {
      const gain = gainOf(scroll, from, to);
      if (gain <= bestGain) continue;
      bestGain = gain;
      best = scroll;
    }
  }
  return best;
}

/** The rows after a move; what it uncovers is blank. */
export function scrolled(rows: readonly Row[], { top, bottom, distance }: Scroll): Row[] {
  const blank = blankRow(rows[top]?.glyphs.length ?? 0);
  return rows.map((row, index) => {
    if (index < top || index > bottom) return row;
    const source = index + distance;
    return source < top || source > bottom ? blank : (rows[source] ?? blank);
  });
}

/**
 * The distances that most changed rows may have moved; rows that are there more than once say
 * nothing.
 */
function distances(from: readonly Row[], to: readonly Row[]): readonly number[] {
  const indexes = new Map<Row, number | undefined>();
  from.forEach((row, index) => {
    indexes.set(row, indexes.has(row) ? undefined : index);
  });
  const votes = new Map<number, number>();
  to.forEach((row, index) => {
    const before = row === from[index] ? undefined : indexes.get(row);
    if (before !== undefined) votes.set(before - index, (votes.get(before - index) ?? 0) + 1);
  });
  const sorted = [...votes].sort(([, a], [, b]) => b - a);
  return sorted.slice(0, MAX_DISTANCES).map(([distance]) => distance);
}

function* bands(from: readonly Row[], to: readonly Row[], distance: number): Generator<Scroll> {
  let first: number | undefined;
  for (let index = 0; index <= to.length; index += 1) {
    const hasMoved = to[index] !== undefined && to[index] === from[index + distance];
    if (hasMoved) {
      first ??= index;
    } else if (first !== undefined) {
      const [top, bottom] = [
        Math.min(first, first + distance),
        Math.max(index, index + distance) - 1,
      ];
      yield { top, bottom, distance };
      first = undefined;
    }
  }
}

function gainOf(scroll: Scroll, from: readonly Row[], to: readonly Row[]): number {
  let gain = 0;
  for (let index = scroll.top; index <= scroll.bottom; index += 1) {
    const source = index + scroll.distance;
    const isUncovered = source < scroll.top || source > scroll.bottom;
    if (!isUncovered && from[source] === to[index]) gain += 1;
    if (from[index] === to[index]) gain -= 1;
  }
  return gain;
}
