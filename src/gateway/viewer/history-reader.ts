import type { HistoryPage, HistoryRequest } from '../../base/history-page.js';
import type { Row } from '../mirror/grid.js';
import { HistoryLines } from './history-lines.js';

const PAGE_LINES = 200;
const MAX_PAGE_LINES = 500;
/** Lines of a page that should be held already, to join it by. */
const OVERLAP = 20;
/** How far a page is moved for lines that scroll off meanwhile; a larger page makes up for it. */
const MAX_LEAD = MAX_PAGE_LINES - PAGE_LINES;
/** Times that a page is asked for again because the session was faster. */
const MAX_TRIES = 3;

/** Where lines come from; one page at a time. */
export interface LineSource {
  history(request: HistoryRequest): Promise<HistoryPage>;
  rowsOf(lines: readonly string[], cols: number): Promise<readonly Row[]>;
}

/** `grown`: more lines are held; `end`: there are none; `lost`: nobody can tell any more which they are. */
export type ReadOutcome = 'grown' | 'end' | 'lost';

/** Reads a pane's lines page by page while they scroll on. One call at a time. */
export class HistoryReader {
  readonly #source: LineSource;
  #lines = new HistoryLines();
  #lead = 0;

  constructor(source: LineSource) {
    this.#source = source;
  }

  get lines(): HistoryLines {
    return this.#lines;
  }

  /** A reader of its own that holds the same lines. */
  fork(): HistoryReader {
    const fork = new HistoryReader(this.#source);
    fork.#lines = this.#lines.copy();
    return fork;
  }

  /** Goes to the newest lines. */
  async readNewest(): Promise<void> {
    const request = { firstLine: -PAGE_LINES, count: MAX_PAGE_LINES };
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
      const count = PAGE_LINES + this.#lead;
      const firstLine = this.#lines.tmuxLine(first) - PAGE_LINES + OVERLAP - this.#lead;
      const { page, rows } = await this.#fetch({ firstLine, count });
      const outcome = this.#lines.join(page, rows, 'older');
      if (outcome === 'joined' && this.#lines.first < first) return 'grown';
    }
    return this.#lines.hasOldest ? 'end' : 'lost';
  }

  async readNewer(): Promise<ReadOutcome> {
    for (let tries = 1; ; tries += 1) {
      const { end, lastSettled } = this.#lines;
      const count = PAGE_LINES + this.#lead;
      const firstLine = this.#lines.tmuxLine(lastSettled) - OVERLAP - this.#lead;
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
    const growth = before === 0 ? 0 : page.historySize - before;
    // A buffer that shrinks has dropped lines, and how many scrolled off meanwhile is unknown.
    this.#lead = growth < 0 ? MAX_LEAD : Math.min(growth, MAX_LEAD);
    return { page, rows: await this.#source.rowsOf(page.lines, page.size.cols) };
  }
}
