import type { PaneId } from '../base/ids.js';
import type { TerminalSize } from '../base/terminal-size.js';
import type { LayoutPart, LayoutSize } from './schema.js';

interface Cell {
  readonly size: TerminalSize;
  readonly x: number;
  readonly y: number;
}

/**
 * Writes an explicit layout as tmux's own layout string (tmux(1), select-layout; layout-custom.c):
 * parts share a row or column in order, one cell of border between them; what is left over goes to
 * the last one.
 *
 * @param panes in the order in which they fill the parts; as many as the layout has places.
 */
export function layoutString(layout: LayoutPart, window: TerminalSize, panes: readonly PaneId[]): string {
  const waiting = [...panes];
  const body = writePart(layout, { size: window, x: 0, y: 0 }, waiting);
  return `${checksum(body)},${body}`;
}

function writePart(part: LayoutPart, cell: Cell, panes: PaneId[]): string {
  const place = `${cell.size.cols}x${cell.size.rows},${cell.x},${cell.y}`;
  if (typeof part !== 'object') return `${place},${(panes.shift() ?? '%0').slice(1)}`;
  if ('columns' in part) {
    const widths = share(part.columns.map(sizeOf), cell.size.cols);
    const inner = placeAlong(widths, (cols, offset) => ({
      size: { cols, rows: cell.size.rows },
      x: cell.x + offset,
      y: cell.y,
    }));
    return `${place}{${part.columns.map((each, at) => writePart(each, inner[at] ?? cell, panes)).join(',')}}`;
  }
  const heights = share(part.rows.map(sizeOf), cell.size.rows);
  const inner = placeAlong(heights, (rows, offset) => ({
    size: { cols: cell.size.cols, rows },
    x: cell.x,
    y: cell.y + offset,
  }));
  return `${place}[${part.rows.map((each, at) => writePart(each, inner[at] ?? cell, panes)).join(',')}]`;
}

function sizeOf(part: LayoutPart): LayoutSize | undefined {
  return typeof part === 'object' ? part.size : part;
}

function placeAlong(lengths: readonly number[], cellAt: (length: number, offset: number) => Cell): Cell[] {
  let offset = 0;
  return lengths.map((length) => {
    const cell = cellAt(length, offset);
    offset += length + 1;
    return cell;
  });
}

/** Divides `total` cells, borders taken off, by the wishes; each gets at least one cell. */
function share(wishes: readonly (LayoutSize | undefined)[], total: number): number[] {
  const available = total - (wishes.length - 1);
  const lengths: number[] = [];
  let left = available;
  wishes.forEach((wish, index) => {
    const after = wishes.length - index - 1;
    const wanted = after === 0 ? left : cellsOf(wish, available, Math.floor(left / (after + 1)));
    const length = Math.max(1, Math.min(wanted, left - after));
    lengths.push(length);
    left -= length;
  });
  return lengths;
}

function cellsOf(wish: LayoutSize | undefined, available: number, fallback: number): number {
  if (wish === undefined) return fallback;
  if (typeof wish === 'number') return wish;
  return Math.round((Number.parseInt(wish, 10) / 100) * available);
}

/** tmux's checksum of a layout: a 16-bit rotate and add (layout-custom.c, layout_checksum). */
function checksum(layout: string): string {
  let sum = 0;
  for (const byte of Buffer.from(layout, 'latin1')) {
    sum = (sum >> 1) + ((sum & 1) << 15);
    sum = (sum + byte) & 0xffff;
  }
  return sum.toString(16).padStart(4, '0');
}
