import { setTimeout as delay } from 'node:timers/promises';
import { RefusedError } from '../../base/errors.js';

/** A page blocks tmux, and with it everybody: coloured lines take 0.1 ms per thousand cells. */
const MAX_PAGE_CELLS = 16_000;
const MAX_PAGE_LINES = 500;
/** Between two pages tmux rests as long as the last one took, and no less than this. */
const MIN_REST_MS = 5;
/** Lines of the page before that each page repeats, which shows whether it goes on where that ended. */
export const SEAM_LINES = 8;
/** tmux drops this share of its limit at once, the oldest (`grid_collect_history`). */
const DROPPED_SHARE = 10;
/** More text has to be held by everybody who passes it on. */
const MAX_TEXT_CHARACTERS = 64 * 1024 * 1024;

/** Stands where lines that were there at the beginning could not be read any more. */
const LEFT_OUT = '[triad: lines left out]';
/** How often a page is asked for again that began too late. */
const MAX_MISSES = 20;

/** Lines of a scrollback, and above how many tmux drops the oldest. */
export interface WalkedPage {
  /** By its number from the top; later than asked for where lines scrolled off meanwhile. */
  readonly firstLine: number;
  readonly captured: readonly string[];
  readonly historyLimit: number;
}

export interface Walk {
  /** Lines by their number from the top of the scrollback, as it is when the walk begins. */
  readonly firstLine: number;
  readonly endLine: number;
  readonly cols: number;
  /** The first of them, up to `SEAM_LINES`. */
  readonly begun: readonly string[];
  /** The lines after the last one that is wanted. */
  readonly after: readonly string[];
  readonly takePage: (firstLine: number, count: number) => Promise<WalkedPage>;
}

/**
 * Walks down lines that have scrolled off, while more may do so. Lines keep their number from the top
 * until tmux drops the oldest ones; each page repeats the end of the one before, so that this is seen,
 * and then looked for where the lines went.
 */
export class HistoryWalk {
  readonly #walk: Walk;
  readonly #pageLines: number;
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
    this.#keep(walk.begun);
    this.#end = walk.endLine;
    const lines = Math.floor(MAX_PAGE_CELLS / Math.max(1, walk.cols));
    this.#pageLines = Math.min(MAX_PAGE_LINES, Math.max(4 * SEAM_LINES, lines));
  }

  async lines(): Promise<string[]> {
    while (this.#next < this.#end && this.#misses < MAX_MISSES) {
      const seam = this.#lines.slice(Math.max(this.#piece, this.#lines.length - SEAM_LINES));
      const begin = this.#next - seam.length;
      const from = Math.max(0, begin - this.#margin);
      const page = await this.#takePage(from, Math.min(this.#pageLines, this.#end - from));
      const captured = page.captured.slice(
        Math.max(0, begin - page.firstLine),
        this.#end - page.firstLine,
      );
      if (page.firstLine > begin) this.#miss(page.firstLine - from);
      else if (!hasSeam(captured, seam)) await this.#findAgain(seam, page);
      else if (captured.length > seam.length) this.#keep(captured.slice(seam.length));
      else break;
    }
    // A flood was faster, or the scrollback was cleared.
    if (this.#next < this.#end) this.#lines.push(LEFT_OUT);
    return this.#lines;
  }

  /** So many lines scrolled off meanwhile: the next page begins earlier, and still goes on from here. */
  #miss(lines: number): void {
    this.#misses += 1;
    this.#margin = Math.min(2 * lines, this.#pageLines - 2 * SEAM_LINES);
  }

  async #takePage(firstLine: number, count: number): Promise<WalkedPage> {
    const askedAt = performance.now();
    const page = await this.#walk.takePage(firstLine, count);
    await delay(Math.max(MIN_REST_MS, performance.now() - askedAt));
    return page;
  }

  #keep(lines: readonly string[]): void {
    this.#misses = 0;
    this.#next += lines.length;
    for (const line of lines) {
      this.#lines.push(line);
      this.#characters += line.length + 1;
    }
    if (this.#characters <= MAX_TEXT_CHARACTERS) return;
    throw new RefusedError(`the scrollback has more than ${MAX_TEXT_CHARACTERS} characters`, {
      hint: 'ask for fewer lines: triad capture PANE --lines NUMBER',
    });
  }

  /** tmux dropped lines, once or more, and all others moved up. */
  async #findAgain(seam: readonly string[], { historyLimit }: WalkedPage): Promise<void> {
    const step = Math.max(1, Math.floor(historyLimit / DROPPED_SHARE));
    const moved = await this.#findMove(seam, this.#next - seam.length, step);
    if (moved !== undefined) {
      this.#next -= moved;
      this.#end -= moved;
      return;
    }
    // Some were dropped before they were read: what is left begins at the top.
    const after = this.#walk.after.slice(0, SEAM_LINES);
    this.#end -= (await this.#findMove(after, this.#end, step)) ?? this.#end;
    this.#next = 0;
    this.#lines.push(LEFT_OUT);
    this.#piece = this.#lines.length;
  }

  /** By how much lines moved up, in whole steps; undefined where they are not found. */
  async #findMove(
    lines: readonly string[],
    from: number,
    step: number,
  ): Promise<number | undefined> {
    for (let moved = step; moved <= from; moved += step) {
      const page = await this.#takePage(from - moved, lines.length);
      if (page.firstLine === from - moved && hasSeam(page.captured, lines)) return moved;
    }
    return undefined;
  }
}

/** Compared without colours, which tmux writes in more than one way. */
function hasSeam(captured: readonly string[], seam: readonly string[]): boolean {
  return seam.every((line, at) => plain(captured[at] ?? '') === plain(line));
}

function plain(line: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: SGR begins with ESC
  return line.replace(/\u001b\[[\d;:]*m/g, '');
}
