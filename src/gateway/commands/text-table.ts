import { printable, printableJson } from '../../base/visible.js';

/** A row stays a row. */
const MAX_CELL_CHARACTERS = 256;

/** Puts a colour around a cell that is as wide as its column; `row` counts from 0 under the header. */
export type Paint = (cell: string, row: number, column: number) => string;

/** Rows under a header, columns as wide as needed, two spaces apart; made safe for a terminal. */
export function textTable(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  paint: Paint = (cell) => cell,
): string {
  const cells = [header, ...rows].map((row) => row.map(shown));
  const widths = header.map((_, column) =>
    Math.max(...cells.map((row) => row[column]?.length ?? 0)),
  );
  const lines = cells.map((row, index) =>
    row
      .map((cell, column) => paint(cell.padEnd(widths[column] ?? 0), index - 1, column))
      .join('  ')
      .trimEnd(),
  );
  return `${lines.join('\n')}\n`;
}

/** Backslashes stay single: a command line is to be read as it is written. */
function shown(cell: string): string {
  const cut = cell.length > MAX_CELL_CHARACTERS ? `${cell.slice(0, MAX_CELL_CHARACTERS)}…` : cell;
  return printable(cut);
}

/** A value for programs. */
export function jsonText(value: unknown): string {
  return `${printableJson(value, 2)}\n`;
}

/** The same in one line. */
export function jsonLine(value: unknown): string {
  return `${printableJson(value)}\n`;
}
