import {
  type HistoryPage,
  type HistoryRequest,
  MAX_STYLED_LINES,
} from '../../base/history-page.js';
import { MAX_PAGE_LINES, PageSize } from '../../base/page-size.js';
import type { Row } from '../mirror/grid.js';
import { HistoryLines, MAX_HELD_LINES, MAX_SEARCHED_LINES } from './history-lines.js';

const PAGE_LINES = 200;
/** Lines of a page that should be held already, to join it by. */
const OVERLAP = 20;
/** Times that a page is asked for again because the session was faster. */
const MAX_TRIES = 3;

type Range = Pick<HistoryRequest, 'firstLine' | 'count'>;

/** Where lines come from; one page at a time. */
export interface LineSource {
  history(request: HistoryRequest): Promise<HistoryPage>;
  rowsOf(lines: readonly string[], cols: number): Promise<readonly Row[]>;
}

/** `grown`: more lines are held; `end`: there are none; `lost`: nobody can tell any more which they are. */
export type ReadOutcome = 'grown' | 'end' | 'lost';

/**
 * Reads a pane's lines page by page while they scroll on. One call at a time. A search wants only
 * the texts, and gets longer pages.
 */
export class HistoryReader {
  readonly #source: LineSource;
  #lines = new HistoryLines();
  /**
   * How many lines earlier a page begins, for those that scroll off meanwhile; it is longer by as
   * many.
   */
  #lead = 0;
  /** The size of pages without styles; undefined where styles are wanted. */
  #plain: PageSize | undefined;
  #cols = 1;

  constructor(source: LineSource) {
    this.#source = source;
  }

  get lines(): HistoryLines {
    return this.#lines;
  }

  /** A second reader that begins with the same lines, and reads only the texts of others. */
  scout(): HistoryReader {
    const scout = new HistoryReader(this.#source);
    scout.#lines = this.#lines.copy();
    scout.#cols = this.#cols;
    scout.#plain = new PageSize({ cols: this.#cols, isStyled: false });
    return scout;
  }

  /** Reads the lines around one with their styles, and forgets all others. */
  async settle(number: number): Promise<void> {
    this.#plain = undefined;
    for (let tries = 0; tries < MAX_TRIES; tries += 1) {
      const firstLine = this.#lines.tmuxLine(number) - MAX_STYLED_LINES / 2;
      const { page, rows } = await this.#fetch({ firstLine, count: MAX_STYLED_LINES });
      if (this.#lines.replaceAround(number, page, rows)) return;
    }
  }

  /** Drops the lines farthest from this one where more are held than are needed. */
  trimAround(number: number): void {
    this.#lines.trimAround(number, this.#plain === undefined ? MAX_HELD_LINES : MAX_SEARCHED_LINES);
  }

  /** How many lines a page brings, and how many it may have. */
  get #pageLines(): { readonly lines: number; readonly most: number } {
    if (this.#plain === undefined) return { lines: PAGE_LINES, most: MAX_STYLED_LINES };
    return { lines: Math.max(PAGE_LINES, this.#plain.lines), most: MAX_PAGE_LINES };
  }

  /** The lead, as far as a page has room for it. */
  #leadIn({ lines, most }: { readonly lines: number; readonly most: number }): number {
    return Math.min(this.#lead, most - lines);
  }

  /** Goes to the newest lines. */
  async readNewest(): Promise<void> {
    const request = { firstLine: -PAGE_LINES, count: MAX_STYLED_LINES };
    await this.#goTo(request);
  }

  /** Goes to the oldest lines that are kept. */
  async readOldest(): Promise<void> {
    for (let tries = 0; tries < MAX_TRIES && !this.#lines.hasOldest; tries += 1) {
      await this.#goTo({ firstLine: -this.#lines.historySize, count: PAGE_LINES });
    }
  }

  async readOlder(): Promise<ReadOutcome> {
    for (let tries = 0; tries < MAX_TRIES; tries += 1) {
      const first = this.#lines.first;
      if (this.#lines.hasOldest) return 'end';
      const size = this.#pageLines;
      const lead = this.#leadIn(size);
      const firstLine = this.#lines.tmuxLine(first) - size.lines + OVERLAP - lead;
      const count = size.lines + lead;
      const { page, rows } = await this.#fetch({ firstLine, count });
      const outcome = this.#lines.join(page, rows, 'older');
      if (outcome === 'joined' && this.#lines.first < first) return 'grown';
    }
    return this.#lines.hasOldest ? 'end' : 'lost';
  }

  async readNewer(): Promise<ReadOutcome> {
    for (let tries = 1; ; tries += 1) {
      const { end, lastSettled } = this.#lines;
      const size = this.#pageLines;
      const lead = this.#leadIn(size);
      const firstLine = this.#lines.tmuxLine(lastSettled) - OVERLAP - lead;
      const count = size.lines + lead;
      const { page, rows } = await this.#fetch({ firstLine, count });
      if (this.#lines.join(page, rows, 'newer') === 'joined') {
        if (this.#lines.end > end) return 'grown';
        if (this.#lines.hasNewest) return 'end';
      }
      if (tries < MAX_TRIES) continue;
      this.#lines.addAfterGap(page, rows);
      return 'grown';
    }
  }

  async #goTo(request: Range): Promise<void> {
    const { page, rows } = await this.#fetch(request);
    this.#lines.replace(page, rows);
  }

  async #fetch(range: Range): Promise<{ page: HistoryPage; rows: readonly Row[] }> {
    const before = this.#lines.historySize;
    const isPlain = this.#plain !== undefined;
    const page = await this.#source.history({ ...range, isPlain });
    this.#plain?.note(page.texts.length, page.costMs);
    this.#cols = page.size.cols;
    const growth = before === 0 ? 0 : page.historySize - before;
    // A buffer that shrinks has dropped lines, and how many scrolled off meanwhile is unknown.
    this.#lead = growth < 0 ? MAX_PAGE_LINES : growth;
    return { page, rows: isPlain ? [] : await this.#source.rowsOf(page.lines, page.size.cols) };
  }
}
