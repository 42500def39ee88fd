import type { TerminalSize } from '../../base/terminal-size.js';
import type { LayoutPart, LayoutSize } from './schema.js';

type Direction = 'columns' | 'rows';

interface Cell {
  readonly size: TerminalSize;
  readonly x: number;
  readonly y: number;
}

/**
 * Writes an explicit layout as tmux's own layout string (tmux(1), select-layout; layout-custom.c):
 * parts share a row or column in order, one cell of border between them; what is left over goes to
 * the last one. tmux fills the parts in the order of the window's panes, whatever ids stand there.
 *
 * @returns undefined where the window is too small for it.
 */
export function layoutString(layout: LayoutPart, window: TerminalSize): string | undefined {
  if (leastLength(layout, 'columns') > window.cols) return undefined;
  if (leastLength(layout, 'rows') > window.rows) return undefined;
  const body = writePart(layout, { size: window, x: 0, y: 0 });
  return `${checksum(body)},${body}`;
}

function writePart(part: LayoutPart, { size, x, y }: Cell): string {
  const region = `${size.cols}x${size.rows},${x},${y}`;
  if (typeof part !== 'object') return `${region},0`;
  const [inner, along] = innerOf(part);
  const isRow = along === 'columns';
  const lengths = share(inner, along, isRow ? size.cols : size.rows);
  let offset = 0;
  const written = inner.map((each, at) => {
    const length = lengths[at] ?? 1;
    const cell = isRow
      ? { size: { ...size, cols: length }, x: x + offset, y }
      : { size: { ...size, rows: length }, x, y: y + offset };
    offset += length + 1;
    return writePart(each, cell);
  });
  const body = written.join(',');
  return isRow ? `${region}{${body}}` : `${region}[${body}]`;
}

/** The parts of a row or column, and the direction along which they lie. */
function innerOf(part: Exclude<LayoutPart, LayoutSize>) {
  return 'rows' in part ? ([part.rows, 'rows'] as const) : ([part.columns, 'columns'] as const);
}

/** Divides `total` cells, less the borders, as the parts wish; each gets at least what it needs. */
function share(parts: readonly LayoutPart[], direction: Direction, total: number): number[] {
  const available = total - (parts.length - 1);
  const needs = parts.map((part) => leastLength(part, direction));
  let left = available;
  let neededLater = sum(needs);
  return parts.map((part, index) => {
    const need = needs[index] ?? 1;
    const after = parts.length - index - 1;
    neededLater -= need;
    const wanted =
      after === 0 ? left : cellsOf(sizeOf(part), available, Math.floor(left / (after + 1)));
    const length = Math.max(need, Math.min(wanted, left - neededLater));
    left -= length;
    return length;
  });
}

/** Cells that a part needs along a direction: one for each pane, and the borders between them. */
function leastLength(part: LayoutPart, direction: Direction): number {
  if (typeof part !== 'object') return 1;
  const [inner, along] = innerOf(part);
  const needs = inner.map((each) => leastLength(each, direction));
  return along === direction ? sum(needs) + needs.length - 1 : Math.max(...needs);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}

function sizeOf(part: LayoutPart): LayoutSize | undefined {
  return typeof part === 'object' ? part.size : part;
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
