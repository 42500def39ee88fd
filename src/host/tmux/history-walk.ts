import { RefusedError } from '../../base/errors.js';
import type { PageSize } from '../../base/page-size.js';

/** Lines of the page before that each page repeats, which shows whether it goes on where that ended. */
export const SEAM_LINES = 8;
/** tmux drops this share of its limit at once, the oldest (`grid_collect_history`). */
const DROPPED_SHARE = 10;
/** More text has to be held by everybody who passes it on. */
const MAX_TEXT_CHARACTERS = 64 * 1024 * 1024;

/** One client of tmux's takes so many, and tmux serves everybody else between two of them. */
const MAX_PAGES_AT_ONCE = 8;

/** Stands where lines that were there at the beginning could not be read any more. */
const LEFT_OUT = '[triad: lines left out]\n';
/** How often a page is asked for again that began too late. */
const MAX_MISSES = 20;

/** Lines of a scrollback with their ends, and above how many tmux drops the oldest. */
export interface WalkedPage {
  /** By its number from the top; later than asked for where lines scrolled off meanwhile. */
  readonly firstLine: number;
  readonly captured: readonly string[];
  readonly historyLimit: number;
}

/** Pages of so many lines, each of which repeats the last `SEAM_LINES` of the one before. */
export interface PagesRequest {
  readonly firstLine: number;
  readonly count: number;
  readonly pages: number;
}

/** How many lines after the one before a page begins. */
export function stepOf({ count }: PagesRequest): number {
  return count - SEAM_LINES;
}

export interface WalkedPages {
  readonly pages: readonly WalkedPage[];
  /** What one of them took of tmux. */
  readonly costMs: number;
}

export interface Walk {
  /** Lines by their number from the top of the scrollback, as it is when the walk begins. */
  readonly firstLine: number;
  readonly endLine: number;
  /** Of the pages. */
  readonly size: PageSize;
  /** The first of them, up to `SEAM_LINES`, to know them by. */
  readonly begun: readonly string[];
  /** The lines after the last one that is wanted. */
  readonly after: readonly string[];
  readonly takePages: (request: PagesRequest) => Promise<WalkedPages>;
}

/**
 * Walks down lines that have scrolled off, while more may do so. Lines keep their number from the top
 * until tmux drops the oldest ones; each page repeats the end of the one before, so that this is seen,
 * and then looked for where the lines went.
 */
export class HistoryWalk {
  readonly #walk: Walk;
  readonly #lines: string[] = [];
  #characters = 0;
  /** Where in `lines` those begin that follow each other without a loss. */
  #piece = 0;
  /** How many lines before the next one a page begins, and how many began too late in a row. */
  #margin = 0;
  #misses = 0;
  /** The next line, by its number from the top as it is now. */
  #next: number;
  /** The first line that is not wanted, by the same. */
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
    // A flood was faster, or the scrollback was cleared.
    if (this.#next < this.#end) this.#leaveOut();
    return this.#lines;
  }

  /** From the seam on, as far as is wanted. */
  #nextPages(most: number): PagesRequest {
    const firstLine = Math.max(0, this.#next - this.#seam().length - this.#margin);
    const left = this.#end - firstLine;
    const count = Math.min(this.#walk.size.lines, left);
    const step = Math.max(1, stepOf({ firstLine, count, pages: 1 }));
    return { firstLine, count, pages: Math.min(most, Math.ceil(left / step)) };
  }

  /** The last lines that were kept, by which the next page is joined. */
  #seam(): readonly string[] {
    return this.#lines.slice(Math.max(this.#piece, this.#lines.length - SEAM_LINES));
  }

  /** Those behind one that began elsewhere than was thought have to be asked for again. */
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
      from += stepOf(request);
    }
    return 'kept';
  }

  /** So many lines scrolled off meanwhile: the next page begins earlier, and still goes on from here. */
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

  /** tmux dropped lines, once or more, and all others moved up. */
  async #findAgain(
    known: readonly string[],
    begin: number,
    { historyLimit }: WalkedPage,
  ): Promise<'moved'> {
    const step = Math.max(1, Math.floor(historyLimit / DROPPED_SHARE));
    const moved = await this.#findMove(known, begin, step);
    if (moved !== undefined) {
      this.#next -= moved;
      this.#end -= moved;
      return 'moved';
    }
    // Some were dropped before they were read: what is left begins at the top.
    const after = this.#walk.after.slice(0, SEAM_LINES);
    this.#end -= (await this.#findMove(after, this.#end, step)) ?? this.#end;
    this.#next = 0;
    this.#leaveOut();
    this.#piece = this.#lines.length;
    return 'moved';
  }

  /** By how much lines moved up, in whole steps; undefined where they are not found. */
  async #findMove(
    lines: readonly string[],
    from: number,
    step: number,
  ): Promise<number | undefined> {
    for (let moved = step; moved <= from; moved += step) {
      const request = { firstLine: from - moved, count: lines.length, pages: 1 };
      const [page] = (await this.#walk.takePages(request)).pages;
      if (page?.firstLine === from - moved && hasSeam(page.captured, lines)) return moved;
    }
    return undefined;
  }
}

/** Compared without colours, which tmux writes in more than one way, and without ends, which the next row may tell. */
function hasSeam(captured: readonly string[], seam: readonly string[]): boolean {
  return seam.every((line, at) => plain(captured[at] ?? '') === plain(line));
}

function plain(line: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: SGR begins with ESC
  return line.replace(/\u001b\[[\d;:]*m|\n/g, '');
}
