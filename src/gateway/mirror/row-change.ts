import type { Row } from './grid.js';

/** Columns of a row, `end` excluded, that are drawn in one go; no wide character is cut, old or new. */
export interface Stretch {
  readonly start: number;
  readonly end: number;
}

/** Longest stretch, in columns: with the longest styles and glyphs it stays below half a frame. */
const MAX_COLS = 250;
/** Columns that are drawn although they are right, since moving the cursor takes as many bytes. */
const MAX_BRIDGE = 5;

/** What has to be drawn to make `to` of `from`, from left to right; all of it where `from` is not known. */
export function* changedStretches(from: Row | undefined, to: Row): Generator<Stretch> {
  let open: Stretch | undefined;
  for (const unit of units(from, to)) {
    if (from !== undefined && isEqual(from, to, unit)) continue;
    if (open !== undefined && joins(open, unit, to)) {
      open = { start: open.start, end: unit.end };
      continue;
    }
    if (open !== undefined) yield open;
    open = unit;
  }
  if (open !== undefined) yield open;
}

/** Cells that can only be drawn together: half of a wide character cannot be, and drawing over one half ends both. */
function* units(from: Row | undefined, to: Row): Generator<Stretch> {
  const { length } = to.glyphs;
  for (let start = 0; start < length; ) {
    let end = start + 1;
    while (end < length && (to.glyphs[end] === '' || from?.glyphs[end] === '')) end += 1;
    yield { start, end };
    start = end;
  }
}

function isEqual(from: Row, to: Row, { start, end }: Stretch): boolean {
  for (let col = start; col < end; col += 1) {
    if (from.glyphs[col] !== to.glyphs[col] || from.styles[col] !== to.styles[col]) return false;
  }
  return true;
}

function joins(open: Stretch, unit: Stretch, to: Row): boolean {
  if (unit.end - open.start > MAX_COLS || unit.start - open.end > MAX_BRIDGE) return false;
  const style = to.styles[open.end - 1];
  for (let col = open.end; col < unit.start; col += 1) {
    if (to.styles[col] !== style) return false;
  }
  return true;
}
