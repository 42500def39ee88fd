import { RefusedError } from '../../base/errors.js';
import { MAX_PAGES_AT_ONCE } from '../../base/history-search.js';
import type { PageSize } from '../../base/page-size.js';

/** How many lines each page repeats of the one before, to check that it goes on where that ended. */
export const SEAM_LINES = 8;
/** tmux drops the oldest tenth of its limit at once (grid.c, grid_collect_history). */
const DROPPED_SHARE = 10;
/** The most text that is taken, since all who pass it on have to hold it. */
const MAX_TEXT_CHARACTERS = 64 * 1024 * 1024;

/** The line that replaces lines which were there at the beginning and could not be read any more. */
const LEFT_OUT = '[triad: lines left out]\n';
/** How often in a row a page is asked for again that began too late. */
const MAX_MISSES = 20;

/** Lines of a scrollback with their ends, and the limit above which tmux drops the oldest. */
export interface WalkedPage {
  /** The first line, by its number from the top; later than asked for where lines scrolled off meanwhile. */
  readonly firstLine: number;
  readonly captured: readonly string[];
  readonly historyLimit: number;
}

/** A request for pages of `count` lines, each of which repeats `SEAM_LINES` of the one before. */
export interface PagesRequest {
  readonly firstLine: number;
  readonly count: number;
  /** How many lines after the one before each begins. */
  readonly step: number;
  readonly pages: number;
}

export interface WalkedPages {
  readonly pages: readonly WalkedPage[];
  /** How long one page kept tmux busy. */
  readonly costMs: number;
}

export interface Walk {
  /** The lines to walk, by their numbers from the top of the scrollback when the walk begins. */
  readonly firstLine: number;
  readonly endLine: number;
  /** The size of the pages. */
  readonly size: PageSize;
  /** The first lines, up to `SEAM_LINES`, by which the beginning is recognized. */
  readonly begun: readonly string[];
  /** The lines after the last one that is wanted. */
  readonly after: readonly string[];
  readonly takePages: (request: PagesRequest) => Promise<WalkedPages>;
}

/**
 * Reads lines that have scrolled off page by page, while more may scroll off. Lines keep their number
 * from the top until tmux drops the oldest ones, which shows since each page repeats the end of the one
 * before; then the lines are searched for at their new numbers.
 */
export class HistoryWalk {
  readonly #walk: Walk;
  readonly #lines: string[] = [];
  #characters = 0;
  /** The index in `#lines` from which on no line was lost. */
  #piece = 0;
  /** How many lines early a page is asked for, and how many pages in a row began too late. */
  #margin = 0;
  #misses = 0;
  /** The next line, by its present number from the top. */
  #next: number;
  /** The first line that is not wanted, by its present number from the top. */
  #end: number;

  constructor(walk: Walk) {
    this.#walk = walk;
    this.#next = walk.firstLine;
    this.#end = walk.endLine;
  }

  async lines(): Promise<string[]> {
    for (let pages = 1; this.#next < this.#end && this.#misses < MAX_MISSES; ) {
      const request = this.#nextPages(pages);
      const taken = await this.#walk.takePages(request);
      this.#walk.size.note(request.count, taken.costMs);
      const outcome = await this.#takeAll(request, taken.pages);
      if (outcome === 'ended') break;
      pages = outcome === 'moved' ? 1 : Math.min(2 * pages, MAX_PAGES_AT_ONCE);
    }
    // Output came faster than it was read, or the scrollback was cleared.
    if (this.#next < this.#end) this.#leaveOut();
    return this.#lines;
  }

  /** The request for the next pages, which begin with the seam. */
  #nextPages(most: number): PagesRequest {
    const firstLine = Math.max(0, this.#next - this.#seam().length - this.#margin);
    const left = this.#end - firstLine;
    const count = Math.min(this.#walk.size.lines, left);
    const step = Math.max(1, count - SEAM_LINES);
    return { firstLine, count, step, pages: Math.min(most, Math.ceil(left / step)) };
  }

  /** The last lines that were kept, with which the next page must begin. */
  #seam(): readonly string[] {
    return this.#lines.slice(Math.max(this.#piece, this.#lines.length - SEAM_LINES));
  }

  /** Keeps pages up to the first that does not begin with the seam; those behind it are asked for again. */
  async #takeAll(
    request: PagesRequest,
    pages: readonly WalkedPage[],
  ): Promise<'kept' | 'moved' | 'ended'> {
    let from = request.firstLine;
    for (const page of pages) {
      if (this.#next >= this.#end) break;
      const seam = this.#seam();
      const known = this.#lines.length === 0 ? this.#walk.begun : seam;
      const begin = this.#next - seam.length;
      const captured = page.captured.slice(
        Math.max(0, begin - page.firstLine),
        Math.max(0, this.#end - page.firstLine),
      );
      if (page.firstLine > begin) return this.#miss(page.firstLine - from);
      if (!hasSeam(captured, known)) return await this.#findAgain(known, begin, page);
      if (captured.length <= seam.length) return 'ended';
      this.#keep(captured.slice(seam.length));
      from += request.step;
    }
    return 'kept';
  }

  /** Asks for the next page earlier, since so many lines scrolled off meanwhile. */
  #miss(lines: number): 'moved' {
    this.#misses += 1;
    this.#margin = Math.min(2 * lines, this.#walk.size.lines - 2 * SEAM_LINES);
    return 'moved';
  }

  #keep(lines: readonly string[]): void {
    this.#misses = 0;
    this.#next += lines.length;
    for (const line of lines) {
      this.#lines.push(line);
      this.#characters += line.length;
    }
    if (this.#characters <= MAX_TEXT_CHARACTERS) return;
    throw new RefusedError(`the scrollback has more than ${MAX_TEXT_CHARACTERS} characters`, {
      hint: 'ask for fewer lines: triad capture PANE --lines NUMBER',
    });
  }

  #leaveOut(): void {
    const isCut = this.#lines.at(-1)?.endsWith('\n') === false;
    this.#lines.push(isCut ? `\n${LEFT_OUT}` : LEFT_OUT);
  }

  /** Searches for the seam after tmux dropped lines, once or more, so that all others moved up. */
  async #findAgain(
    known: readonly string[],
    begin: number,
    { historyLimit }: WalkedPage,
  ): Promise<'moved'> {
    const step = droppedAtOnce(historyLimit);
    const moved = await this.#findMove(known, begin, step);
    if (moved !== undefined) {
      this.#next -= moved;
      this.#end -= moved;
      return 'moved';
    }
    // Lines were dropped before they were read: what is left begins at the top.
    const after = this.#walk.after.slice(0, SEAM_LINES);
    this.#end -= (await this.#findMove(after, this.#end, step)) ?? this.#end;
    this.#next = 0;
    this.#leaveOut();
    this.#piece = this.#lines.length;
    return 'moved';
  }

  /** By how many lines these moved up, in whole steps; undefined where they are not found. */
  async #findMove(
    lines: readonly string[],
    from: number,
    step: number,
  ): Promise<number | undefined> {
    for (let moved = step; moved <= from; moved += step) {
      const request = { firstLine: from - moved, count: lines.length, step: 1, pages: 1 };
      const [page] = (await this.#walk.takePages(request)).pages;
      if (page?.firstLine === from - moved && hasSeam(page.captured, lines)) return moved;
    }
    return undefined;
  }
}

export function droppedAtOnce(historyLimit: number): number {
  return Math.max(1, Math.floor(historyLimit / DROPPED_SHARE));
}

/** Whether a page begins with the seam, apart from colours and ends, which tmux may print in other ways. */
function hasSeam(captured: readonly string[], seam: readonly string[]): boolean {
  return seam.every((line, at) => plain(captured[at] ?? '') === plain(line));
}

function plain(line: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: SGR begins with ESC
  return line.replace(/\u001b\[[\d;:]*m|\n/g, '');
}
