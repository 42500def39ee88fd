import type { Slices } from '../../base/slices.js';
import { printable, printableJson } from '../../base/visible.js';

/** Longest cell, so that a row stays readable as one. */
const MAX_CELL_CHARACTERS = 256;

/** Puts a colour around a cell that is as wide as its column; `row` counts from 0 under the header. */
export type Paint = (cell: string, row: number, column: number) => string;

export interface TextTable {
  readonly header: readonly string[];
  /** Each row is made when its turn comes. */
  readonly rows: Iterable<readonly string[]>;
  readonly paint?: Paint;
  /** How many columns of a terminal there are, and what gives way where they are too few, the first first. */
  readonly fit?: { readonly cols: number | undefined; readonly order: readonly WayGiver[] };
}

/** A column that is cut down to `least` where that is enough, and else left out. */
interface WayGiver {
  readonly title: string;
  readonly least?: number;
}

const GAP = '  ';

/** Rows under a header, columns as wide as needed or as there is room, two spaces apart; made safe for a terminal. */
export async function textTable(
  { header, rows, paint, fit }: TextTable,
  slices: Slices,
): Promise<string> {
  const cells = [header.map(shown)];
  const widths = header.map(({ length }) => length);
  for (const row of rows) {
    if (slices.isOver) await slices.next();
    cells.push(row.map(shown));
    for (const [column, { length }] of cells.at(-1)?.entries() ?? []) {
      widths[column] = Math.max(widths[column] ?? 0, length);
    }
  }
  if (fit?.cols !== undefined) giveWay(widths, header, { cols: fit.cols, order: fit.order });
  let text = '';
  for (const [index, row] of cells.entries()) {
    if (slices.isOver) await slices.next();
    const painted = row.flatMap((cell, column) => {
      const width = widths[column] ?? 0;
      const padded = cutTo(cell, width).padEnd(width);
      return width === 0 ? [] : [paint?.(padded, index - 1, column) ?? padded];
    });
    text += `${painted.join(GAP).trimEnd()}\n`;
  }
  return text;
}

/** Changes `widths` until they fit; 0 stands for a column that is left out. */
function giveWay(
  widths: number[],
  header: readonly string[],
  { cols, order }: { readonly cols: number; readonly order: readonly WayGiver[] },
): void {
  const excess = () => {
    const seen = widths.filter((width) => width > 0);
    return seen.reduce((sum, width) => sum + width + GAP.length, -GAP.length) - cols;
  };
  for (const { title, least = 0 } of order) {
    const column = header.indexOf(title);
    const room = (widths[column] ?? 0) - Math.max(0, excess());
    widths[column] = least > 0 && room >= least ? room : excess() > 0 ? 0 : (widths[column] ?? 0);
  }
  // What is left holds names, and the longest of them is cut.
  const shortest = header.length * GAP.length;
  while (excess() > 0 && Math.max(...widths) > shortest) {
    const widest = widths.indexOf(Math.max(...widths));
    widths[widest] = (widths[widest] ?? 0) - 1;
  }
}

function cutTo(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, Math.max(0, length - 1))}…` : text;
}

/** Lines for people, broken between words where a terminal has no room for them. */
export function folded(text: string, cols: number | undefined): string {
  if (cols === undefined) return text;
  return text
    .split('\n')
    .map((line) => foldedLine(line, cols, `${/^ */.exec(line)?.[0] ?? ''}  `))
    .join('\n');
}

/** @param indent of what does not begin it. */
function foldedLine(line: string, cols: number, indent: string): string {
  const end = line.length > cols ? line.lastIndexOf(' ', cols) : -1;
  if (end < indent.length) return line;
  return `${line.slice(0, end)}\n${foldedLine(indent + line.slice(end + 1), cols, indent)}`;
}

/** Backslashes stay single: a command line is to be read as it is written. */
function shown(cell: string): string {
  const cut = cell.length > MAX_CELL_CHARACTERS ? `${cell.slice(0, MAX_CELL_CHARACTERS)}…` : cell;
  return printable(cut);
}

/** A value for programs: a list, or an object of values and lists. */
export async function jsonText(value: object, slices: Slices): Promise<string> {
  return `${await jsonIn(value, slices, '')}\n`;
}

/** Elements of lists are small: each is made in one go. */
async function jsonIn(value: unknown, slices: Slices, indent: string): Promise<string> {
  if (slices.isOver) await slices.next();
  const isList = Array.isArray(value);
  const isObject = indent === '' && typeof value === 'object' && value !== null;
  if (!isList && !isObject) return printableJson(value, 2).replaceAll('\n', `\n${indent}`);
  const inner = `${indent}  `;
  let text = '';
  for (const [key, each] of Object.entries(value)) {
    const name = isList ? '' : `${printableJson(key)}: `;
    text += `${text === '' ? '' : ','}\n${inner}${name}${await jsonIn(each, slices, inner)}`;
  }
  const end = text === '' ? '' : `\n${indent}`;
  return isList ? `[${text}${end}]` : `{${text}${end}}`;
}

/** A value for programs in one line. */
export function jsonLine(value: unknown): string {
  return `${printableJson(value)}\n`;
}
