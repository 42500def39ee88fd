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
}

/** Rows under a header, columns as wide as needed, two spaces apart; made safe for a terminal. */
export async function textTable(
  { header, rows, paint }: TextTable,
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
  let text = '';
  for (const [index, row] of cells.entries()) {
    if (slices.isOver) await slices.next();
    const padded = row.map((cell, column) => cell.padEnd(widths[column] ?? 0));
    const painted = padded.map((cell, column) => paint?.(cell, index - 1, column) ?? cell);
    text += `${painted.join('  ').trimEnd()}\n`;
  }
  return text;
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
