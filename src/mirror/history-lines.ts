import type { Row } from './grid.js';
import { findJoint, repeatedLines } from './history-joint.js';
import type { HistoryPage } from './mirror-source.js';
import { rowText } from './row-search.js';
import { textRow } from './text-row.js';

/** Lines that one observer holds; the ones farthest from the view go first, and are fetched again. */
export const MAX_HELD_LINES = 1000;

const GAP = '── lines are missing here ──';

export interface HistoryLine {
  readonly row: Row;
  readonly text: string;
  readonly isSettled: boolean;
}

/**
 * A stretch of a pane's lines, joined of pages that were taken while the session went on.
 *
 * Each line has a number that stays its own, growing by one from line to line; a line of tmux's
 * numbering, counted from the top of the screen when the last page was taken, has `#top` more.
 */
export class HistoryLines {
  #lines: HistoryLine[] = [];
  #first = 0;
  #top = 0;
  #historySize = 0;
  #hasOldest = false;
  #hasNewest = false;

  get first(): number {
    return this.#first;
  }

  /** After the last line. */
  get end(): number {
    return this.#first + this.#lines.length;
  }

  get isEmpty(): boolean {
    return this.#lines.length === 0;
  }

  /** Whether there are no older lines, and none newer than the screen of the last page. */
  get hasOldest(): boolean {
    return this.#hasOldest;
  }

  get hasNewest(): boolean {
    return this.#hasNewest;
  }

  get historySize(): number {
    return this.#historySize;
  }

  at(number: number): HistoryLine | undefined {
    return this.#lines[number - this.#first];
  }

  /** As tmux counted it when the last page was taken. */
  tmuxLine(number: number): number {
    return number - this.#top;
  }

  /** The newest line that will not change, or the first one. */
  get lastSettled(): number {
    const index = this.#lines.findLastIndex((line) => line.isSettled);
    return this.#first + Math.max(0, index);
  }

  copy(): HistoryLines {
    const copy = new HistoryLines();
    copy.#lines = [...this.#lines];
    copy.#first = this.#first;
    copy.#top = this.#top;
    copy.#historySize = this.#historySize;
    copy.#hasOldest = this.#hasOldest;
    copy.#hasNewest = this.#hasNewest;
    return copy;
  }

  /** Forgets everything but this page. */
  replace(page: HistoryPage, rows: readonly Row[]): void {
    this.#lines = linesOf(page, rows);
    this.#first = 0;
    this.#top = -page.firstLine;
    this.#historySize = page.historySize;
    this.#hasOldest = isOldest(page);
    this.#hasNewest = isNewest(page);
  }

  /** Takes a page that overlaps what is held; takes no line of one that cannot be joined. */
  join(page: HistoryPage, rows: readonly Row[]): 'joined' | 'apart' {
    const lines = linesOf(page, rows);
    const expectedTop = this.#top + page.historySize - this.#historySize;
    const expected = expectedTop + page.firstLine - this.#first;
    const start = findJoint(this.#lines, lines, expected);
    if (start === undefined) {
      this.#moveOn(page.historySize);
      return 'apart';
    }
    this.#top = this.#first + start - page.firstLine;
    this.#historySize = page.historySize;
    this.#merge(lines, start, isNewest(page));
    if (start <= 0) this.#hasOldest = isOldest(page);
    // Where the buffer begins later than what is held, there is nothing older any more.
    else this.#hasOldest ||= isOldest(page);
    return 'joined';
  }

  /** Takes a page that is newer than everything held, behind a mark that lines are missing. */
  addAfterGap(page: HistoryPage, rows: readonly Row[]): void {
    // What may have changed since is not repeated when it comes again.
    this.#lines.length = this.#lines.findLastIndex((line) => line.isSettled) + 1;
    const lines = linesOf(page, rows);
    const skipped = repeatedLines(this.#lines, lines);
    const gap = { row: textRow(GAP, GAP.length, '2'), text: GAP, isSettled: true };
    this.#top = this.end + 1 - skipped - page.firstLine;
    this.#lines.push(gap, ...lines.slice(skipped));
    this.#historySize = page.historySize;
    this.#hasNewest = isNewest(page);
  }

  /** Drops the lines farthest from a line until few enough are held. */
  trimAround(number: number): void {
    const excess = this.#lines.length - MAX_HELD_LINES;
    if (excess <= 0) return;
    const before = Math.max(0, number - this.#first - MAX_HELD_LINES / 2);
    const fromStart = Math.min(excess, Math.floor(before));
    if (fromStart > 0) this.#hasOldest = false;
    if (fromStart < excess) this.#hasNewest = false;
    this.#lines = this.#lines.slice(fromStart, fromStart + MAX_HELD_LINES);
    this.#first += fromStart;
  }

  /** The best guess where tmux counts from now: at its limit it drops the oldest tenth at once. */
  #moveOn(historySize: number): void {
    const growth = historySize - this.#historySize;
    const dropped = growth < 0 ? Math.floor(this.#historySize / 10) : 0;
    this.#top += growth + dropped;
    this.#historySize = historySize;
  }

  #merge(lines: readonly HistoryLine[], start: number, reachesEnd: boolean): void {
    const from = Math.min(0, start);
    const pageEnd = start + lines.length;
    const end = reachesEnd ? pageEnd : Math.max(this.#lines.length, pageEnd);
    const merged: HistoryLine[] = [];
    for (let index = from; index < end; index += 1) {
      const held = this.#lines[index];
      const line = held?.isSettled === true ? held : (lines[index - start] ?? held);
      if (line !== undefined) merged.push(line);
    }
    if (pageEnd >= this.#lines.length || reachesEnd) this.#hasNewest = reachesEnd;
    this.#lines = merged;
    this.#first += from;
  }
}

function linesOf(page: HistoryPage, rows: readonly Row[]): HistoryLine[] {
  return rows.map((row, index) => {
    const isSettled = page.firstLine + index < 0;
    return { row: withoutBlankEnd(row), text: rowText(row), isSettled };
  });
}

/** Many lines are short, and many are held. */
function withoutBlankEnd(row: Row): Row {
  const last = row.glyphs.findLastIndex((glyph, col) => glyph !== ' ' || row.styles[col] !== '');
  return { glyphs: row.glyphs.slice(0, last + 1), styles: row.styles.slice(0, last + 1) };
}

function isOldest(page: HistoryPage): boolean {
  return page.firstLine + page.historySize <= 0;
}

function isNewest(page: HistoryPage): boolean {
  return page.firstLine + page.lines.length >= page.size.rows;
}
