import { randomBytes } from 'node:crypto';
import type { Slices } from '../../base/slices.js';
import { completeLines } from './captured-lines.js';
import { rowOptions, wrappedRows } from './joined-lines.js';

export interface RowCaptureOptions {
  readonly pane: string;
  /** The version of the tmux server. */
  readonly version: string;
  /** Whether colours and attributes are kept, as SGR sequences. */
  readonly ansi: boolean;
  /** Whether rows that tmux wrapped are told from others. */
  readonly join: boolean;
  readonly slices: Slices;
}

/**
 * Makes the commands that capture rows of a pane, and reads what they print: each row ends in LF, unless
 * it continues in the next one.
 */
export class RowCapture {
  readonly #options: RowCaptureOptions;
  /** A random line between two captures, which what the pane shows cannot forge. */
  readonly mark = randomBytes(8).toString('hex');

  constructor(options: RowCaptureOptions) {
    this.#options = options;
  }

  /** The tmux commands that print the rows from `from` to before `end`, or to the end of the screen. */
  commands(from: number, end?: number, address: (row: number) => string = String): string[][] {
    const { pane, ansi, join, version } = this.#options;
    const capture = ['capture-pane', '-p', ...(ansi ? ['-e'] : []), '-t', pane];
    const range = (more: number) => [
      ...['-S', address(from)],
      ...(end === undefined ? [] : ['-E', address(end - 1 + more)]),
    ];
    if (!join) return [[...capture, ...range(0)]];
    return [
      [...capture, ...rowOptions(version), ...range(0)],
      ['display-message', '-p', this.mark],
      // Only the next row shows whether the last one continues.
      [...capture, '-J', ...range(1)],
    ];
  }

  /** The first `count` rows of what these commands printed, line by line. */
  async rowsOf(printed: readonly string[], count: number): Promise<string[]> {
    const { ansi, join, slices } = this.#options;
    const cut = join ? printed.indexOf(this.mark) : printed.length;
    const rows = printed.slice(0, Math.min(cut, count));
    const wrapped = new Set(join ? wrappedRows(rows, printed.slice(cut + 1)) : []);
    const complete = ansi ? await completeLines(rows, slices) : rows;
    return complete.map((row, at) => (wrapped.has(at) ? row : `${row}\n`));
  }
}
