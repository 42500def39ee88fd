import type { TerminalSize } from '../../base/terminal-size.js';
import type { Region } from '../../base/window-layout.js';
import type { Grid } from '../mirror/grid.js';

/** A point of a screen, from the top left corner, 0,0. */
export interface Point {
  readonly col: number;
  readonly row: number;
}

/** Cells that stay visible beyond the cursor where there is room. */
const MARGIN = 2;

/**
 * How far into a region an opening starts that follows the cursor. Depends on nothing else, so that
 * all openings of one size are at the same offset; moves by half an opening, so that it mostly rests.
 * Where the cursor is hidden or elsewhere it stays at the lower left, where agents write.
 */
export function followCursor(cursor: Grid['cursor'], region: Region, size: TerminalSize): Point {
  const isInside =
    cursor !== null &&
    cursor.col >= region.col &&
    cursor.col < region.col + region.cols &&
    cursor.row >= region.row &&
    cursor.row < region.row + region.rows;
  const col = isInside ? cursor.col - region.col : 0;
  const row = isInside ? cursor.row - region.row : region.rows - 1;
  return {
    col: follow(col, region.cols, size.cols),
    row: follow(row, region.rows, size.rows),
  };
}

/** The nearest offset at which an opening still shows the region only. */
export function withinRegion(point: Point, region: Region, size: TerminalSize): Point {
  return {
    col: Math.max(0, Math.min(point.col, region.cols - size.cols)),
    row: Math.max(0, Math.min(point.row, region.rows - size.rows)),
  };
}

function follow(position: number, length: number, shown: number): number {
  if (length <= shown) return 0;
  const margin = Math.min(MARGIN, Math.floor((shown - 1) / 4));
  const step = Math.max(1, Math.floor(shown / 2) - margin);
  const steps = Math.max(0, Math.ceil((position - (shown - 1 - margin)) / step));
  return Math.min(steps * step, length - shown);
}
