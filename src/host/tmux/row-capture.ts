import { randomBytes } from 'node:crypto';
import type { Slices } from '../../base/slices.js';
import { completeLines } from './captured-lines.js';
import { rowOptions, wrappedRows } from './joined-lines.js';

export interface RowCaptureOptions {
  readonly pane: string;
  /** Of the tmux server. */
  readonly version: string;
  /** Keeps colours and attributes as SGR sequences. */
  readonly ansi: boolean;
  /** Tells rows that tmux wrapped from others. */
  readonly join: boolean;
  readonly slices: Slices;
}

/**
 * How rows of a pane are captured, and what is made of that: each row with its end, which is LF, or nothing where the
 * row goes on in the next one.
 */
export class RowCapture {
  readonly #options: RowCaptureOptions;
  /** What the pane shows comes after it, and cannot know it. */
  readonly mark = randomBytes(8).toString('hex');

  constructor(options: RowCaptureOptions) {
    this.#options = options;
  }

  /** Commands for tmux that print rows from one to before another, or to the end of the screen. */
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
      // Whether the last one goes on, only the row after it says.
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
