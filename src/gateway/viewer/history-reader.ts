import {
  type HistoryPage,
  type HistoryRequest,
  MAX_STYLED_LINES,
} from '../../base/history-page.js';
import type { SearchedPages, SearchRequest } from '../../base/history-search.js';
import type { Row } from '../mirror/grid.js';
import { type FoundLines, HistoryLines, type Side } from './history-lines.js';

const PAGE_LINES = 200;
/** Lines of a page that should be held already, to join it by. */
const OVERLAP = 20;
/** Times that a page is asked for again because the session was faster. */
const MAX_TRIES = 3;

/** Where pages of lines come from, one at a time. */
export interface PageSource {
  history(request: HistoryRequest): Promise<HistoryPage>;
  rowsOf(lines: readonly string[], cols: number): Promise<readonly Row[]>;
}

export interface LineSource extends PageSource {
  search(request: SearchRequest): Promise<SearchedPages>;
}

/** `grown`: more lines are held; `end`: there are none; `lost`: nobody can tell any more which they are. */
export type ReadOutcome = 'grown' | 'end' | 'lost';

/** Reads a pane's lines page by page while they scroll on. One call at a time. */
export class HistoryReader {
  readonly #source: LineSource;
  #lines = new HistoryLines();
  /**
   * How many lines earlier a page begins, for those that scroll off meanwhile; it is longer by as
   * many.
   */
  #lead = 0;
  #cols = 1;

  constructor(source: LineSource) {
    this.#source = source;
  }

  get lines(): HistoryLines {
    return this.#lines;
  }

  /** The width of the pane when the last page was taken. */
  get cols(): number {
    return this.#cols;
  }

  /** A second reader that begins with the same lines. */
  scout(): HistoryReader {
    const scout = new HistoryReader(this.#source);
    scout.#lines = this.#lines.copy();
    scout.#cols = this.#cols;
    return scout;
  }

  search(request: SearchRequest): Promise<SearchedPages> {
    return this.#source.search(request);
  }

  /**
   * Reads the lines around one that was found, and forgets all others.
   *
   * @returns its number.
   */
  async goToFound(found: FoundLines & { readonly line: number }, side: Side): Promise<number> {
    const number = this.#lines.moveTo(found, side) + found.line - found.firstLine;
    for (let tries = 0; tries < MAX_TRIES; tries += 1) {
      const firstLine = this.#lines.tmuxLine(number) - MAX_STYLED_LINES / 2;
      const { page, rows } = await this.#fetch({ firstLine, count: MAX_STYLED_LINES });
      if (this.#lines.replaceAround(number, page, rows)) break;
    }
    return number;
  }

  /** The lead, as far as a page has room for it. */
  get #leadIn(): number {
    return Math.min(this.#lead, MAX_STYLED_LINES - PAGE_LINES);
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
      const lead = this.#leadIn;
      const firstLine = this.#lines.tmuxLine(first) - PAGE_LINES + OVERLAP - lead;
      const count = PAGE_LINES + lead;
      const { page, rows } = await this.#fetch({ firstLine, count });
      const outcome = this.#lines.join(page, rows, 'older');
      if (outcome === 'joined' && this.#lines.first < first) return 'grown';
    }
    return this.#lines.hasOldest ? 'end' : 'lost';
  }

  async readNewer(): Promise<ReadOutcome> {
    for (let tries = 1; ; tries += 1) {
      const { end, lastSettled } = this.#lines;
      const lead = this.#leadIn;
      const firstLine = this.#lines.tmuxLine(lastSettled) - OVERLAP - lead;
      const count = PAGE_LINES + lead;
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

  async #goTo(request: HistoryRequest): Promise<void> {
    const { page, rows } = await this.#fetch(request);
    this.#lines.replace(page, rows);
  }

  async #fetch(request: HistoryRequest): Promise<{ page: HistoryPage; rows: readonly Row[] }> {
    const before = this.#lines.historySize;
    const page = await this.#source.history(request);
    this.#cols = page.size.cols;
    const growth = before === 0 ? 0 : page.historySize - before;
    // A buffer that shrinks has dropped lines, and how many scrolled off meanwhile is unknown.
    this.#lead = growth < 0 ? MAX_STYLED_LINES : growth;
    return { page, rows: await this.#source.rowsOf(page.lines, page.size.cols) };
  }
}
