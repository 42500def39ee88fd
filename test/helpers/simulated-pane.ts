import { FoldedText } from '../../src/base/folded-text.js';
import type { HistoryPage, HistoryRequest } from '../../src/base/history-page.js';
import {
  LINES_AROUND,
  type SearchedPages,
  type SearchRequest,
} from '../../src/base/history-search.js';
import type { Row } from '../../src/gateway/mirror/grid.js';

/**
 * A pane's history as tmux keeps it: when full it drops the oldest tenth (tmux,
 * `grid_collect_history`).
 */
export class SimulatedPane {
  readonly rows: number;
  readonly cols: number;
  readonly #limit: number;
  readonly #scrolledOff: string[] = [];
  #visible: string[];
  #printed = 0;

  constructor(options: { rows: number; cols: number; limit: number }) {
    this.rows = options.rows;
    this.cols = options.cols;
    this.#limit = options.limit;
    this.#visible = Array<string>(options.rows).fill('');
  }

  get historySize(): number {
    return this.#scrolledOff.length;
  }

  get oldest(): string | undefined {
    return this.#scrolledOff[0];
  }

  /** Prints lines; each is different where no text is given. */
  print(count: number, text?: string): void {
    for (let line = 0; line < count; line += 1) {
      if (this.#scrolledOff.length >= this.#limit) {
        this.#scrolledOff.splice(0, Math.max(1, Math.floor(this.#limit / 10)));
      }
      const [top, ...rest] = this.#visible;
      this.#scrolledOff.push(top ?? '');
      this.#visible = [...rest, text ?? `line ${this.#printed}`];
      this.#printed += 1;
    }
  }

  /** Draws the visible lines anew, as a full-screen program does. */
  repaint(text: string): void {
    this.#visible = this.#visible.map((_, row) => `${text} ${row}`);
  }

  clearHistory(): void {
    this.#scrolledOff.length = 0;
  }

  page(request: HistoryRequest): HistoryPage {
    const historySize = this.#scrolledOff.length;
    const firstLine = Math.max(request.firstLine, -historySize);
    const all = [...this.#scrolledOff, ...this.#visible];
    const end = Math.max(firstLine, request.firstLine + request.count);
    const lines = all.slice(firstLine + historySize, end + historySize);
    const size = { cols: this.cols, rows: this.rows };
    return {
      ...{ firstLine, lines, texts: lines, wrapped: [], historySize, size },
      ...{ isAlternate: false, costMs: lines.length / 500 },
    };
  }

  search({ text, direction, pageLines, pages, ...from }: SearchRequest): SearchedPages {
    const all = [...this.#scrolledOff, ...this.#visible];
    const historySize = this.#scrolledOff.length;
    const about = { historySize, costMs: pageLines / 500 };
    const wanted = new FoldedText(text);
    let at = from.firstLine + from.historySize;
    for (let searched = 0; searched < pageLines * pages; searched += 1) {
      const line = all[at];
      if (line === undefined) return { ...about, searched, next: null, found: null };
      if (wanted.isIn(line)) {
        const first = Math.max(0, at - LINES_AROUND);
        const texts = all.slice(first, at + LINES_AROUND + 1);
        const found = { line: at - historySize, firstLine: first - historySize, texts };
        return { ...about, searched: searched + 1, next: found.line, found };
      }
      at += direction === 'forward' ? 1 : -1;
    }
    return { ...about, searched: pageLines * pages, next: at - historySize, found: null };
  }
}

/** Makes rows as the emulator does for plain text: one cell for each character. */
export function plainRows(lines: readonly string[], cols: number): Promise<readonly Row[]> {
  return Promise.resolve(
    lines.map((line) => {
      const glyphs = Array.from(line.padEnd(cols)).slice(0, cols);
      return { glyphs, styles: glyphs.map(() => '') };
    }),
  );
}
