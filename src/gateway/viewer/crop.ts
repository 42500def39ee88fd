import type { TerminalSize } from '../../base/terminal-size.js';
import type { Region } from '../../base/window-layout.js';
import type { Grid, Row } from '../mirror/grid.js';
import { textRow } from './text-row.js';

/**
 * A part of a row: `cols` cells from column `col` on, shown in a row that is `width` cells wide.
 */
interface Cut {
  readonly col: number;
  readonly cols: number;
  readonly width: number;
}

/** Style of the cells that do not belong to the window: faint (ECMA-48 §8.3.117, SGR 2). */
const OUTSIDE = '2';
/** Cuts of one row that are kept: this many kinds of observers share them. */
const MAX_CUTS_PER_ROW = 32;

const cutsOf = new WeakMap<Row, Map<string, Row>>();

/** Part of a screen: what shows through an opening of `size`, whose corner is `offset` cells into `region`. */
export interface Opening {
  readonly region: Region;
  readonly offset: { readonly col: number; readonly row: number };
  readonly size: TerminalSize;
}

/**
 * What an opening shows. Where the region ends before the opening does, a border and dots say so.
 * Unchanged rows of the screen are the same objects in each outcome.
 */
export function cropScreen(screen: Grid, opening: Opening): Grid {
  const { region, offset, size } = opening;
  const cols = Math.min(size.cols, region.cols - offset.col);
  const rows = Math.min(size.rows, region.rows - offset.row);
  const cut = { col: region.col + offset.col, cols, width: size.cols };
  const first = region.row + offset.row;
  const shown: Row[] = [];
  for (let row = 0; row < rows; row += 1) {
    shown.push(cutRow(screen.rows[first + row] ?? textRow('', 0), cut));
  }
  if (shown.length < size.rows) shown.push(borderRow(cols, size.cols));
  const outside = textRow('·'.repeat(size.cols), size.cols, OUTSIDE);
  while (shown.length < size.rows) shown.push(outside);
  return { cols: size.cols, rows: shown, cursor: cursorIn(screen.cursor, { cut, first, rows }) };
}

/** Part of a row; wide characters that are cut in two become blanks. */
export function cutRow(row: Row, cut: Cut): Row {
  if (cut.col === 0 && cut.cols === row.glyphs.length && cut.width === cut.cols) return row;
  let cuts = cutsOf.get(row);
  if (cuts === undefined) {
    cuts = new Map();
    cutsOf.set(row, cuts);
  }
  const key = `${cut.col} ${cut.cols} ${cut.width}`;
  const kept = cuts.get(key);
  if (kept !== undefined) return kept;
  if (cuts.size >= MAX_CUTS_PER_ROW) cuts.clear();
  const made = makeCut(row, cut);
  cuts.set(key, made);
  return made;
}

function makeCut(row: Row, cut: Cut): Row {
  const glyphs = row.glyphs.slice(cut.col, cut.col + cut.cols);
  const styles = row.styles.slice(cut.col, cut.col + cut.cols);
  if (glyphs[0] === '') glyphs[0] = ' ';
  if (row.glyphs[cut.col + cut.cols] === '' && glyphs.length > 0) glyphs[glyphs.length - 1] = ' ';
  while (glyphs.length < cut.cols) {
    glyphs.push(' ');
    styles.push('');
  }
  while (glyphs.length < cut.width) {
    glyphs.push(glyphs.length === cut.cols ? '│' : '·');
    styles.push(OUTSIDE);
  }
  return { glyphs, styles };
}

function borderRow(cols: number, width: number): Row {
  const corner = cols < width ? `┘${'·'.repeat(width - cols - 1)}` : '';
  return textRow(`${'─'.repeat(cols)}${corner}`, width, OUTSIDE);
}

function cursorIn(
  cursor: Grid['cursor'],
  shown: { readonly cut: Cut; readonly first: number; readonly rows: number },
): Grid['cursor'] {
  if (cursor === null) return null;
  const col = cursor.col - shown.cut.col;
  const row = cursor.row - shown.first;
  const isShown = col >= 0 && col < shown.cut.cols && row >= 0 && row < shown.rows;
  return isShown ? { ...cursor, col, row } : null;
}
