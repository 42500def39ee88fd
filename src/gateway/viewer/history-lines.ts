import type { HistoryPage } from '../../base/history-page.js';
import type { Row } from '../mirror/grid.js';
import { findJoint, repeatedLines } from './history-joint.js';
import { rowText } from './row-search.js';
import { textRow } from './text-row.js';

/** Lines that one observer holds; the ones farthest from the view go first, and are fetched again. */
export const MAX_HELD_LINES = 1000;

const GAP_TEXT = '── lines are missing here ──';
const GAP: HistoryLine = {
  row: textRow(GAP_TEXT, GAP_TEXT.length, '2'),
  text: GAP_TEXT,
  isSettled: true,
  isWrapped: false,
};

/** Stands for the row of a line of which only the text is known. */
const UNREAD: Row = { glyphs: [], styles: [] };

export interface HistoryLine {
  readonly row: Row;
  /** The line as tmux has it, to compare and to search in; it is never shown. */
  readonly text: string;
  readonly isSettled: boolean;
  /** The line was too long for the pane: the next one goes on with it. */
  readonly isWrapped: boolean;
}

/** Lines of which only the texts are known. */
export type FoundLines = Pick<HistoryPage, 'firstLine' | 'texts' | 'historySize'>;

/** The end of what is held that a page belongs to. */
export type Side = 'older' | 'newer';

/**
 * A stretch of a pane's lines, joined of pages that were taken while the session went on.
 *
 * Each line has a number that stays its own, growing by one from line to line; a line of tmux's
 * numbering, counted from the top of the screen when the last page was taken, has `#tops` more: one
 * for the lines before the first gap and one for those behind, the same where there is none.
 */
export class HistoryLines {
  #lines: HistoryLine[] = [];
  #first = 0;
  #tops: Record<Side, number> = { older: 0, newer: 0 };
  #historySize = 0;
  #hasOldest = false;
  #hasNewest = false;
  #isAlternate = false;

  get first(): number {
    return this.#first;
  }

  /** The number after that of the last line. */
  get end(): number {
    return this.#first + this.#lines.length;
  }

  get isEmpty(): boolean {
    return this.#lines.length === 0;
  }

  /** Whether the pane has no older lines. */
  get hasOldest(): boolean {
    return this.#hasOldest;
  }

  /** Whether the pane had no newer lines when the last page was taken. */
  get hasNewest(): boolean {
    return this.#hasNewest;
  }

  get historySize(): number {
    return this.#historySize;
  }

  /** Whether the program of the pane had the alternate screen when the last page was taken. */
  get isAlternate(): boolean {
    return this.#isAlternate;
  }

  at(number: number): HistoryLine | undefined {
    return this.#lines[number - this.#first];
  }

  /** How many columns the longest line from one to before another takes. */
  widest(from: number, end: number): number {
    const lines = this.#lines.slice(
      Math.max(0, from - this.#first),
      Math.max(0, end - this.#first),
    );
    return lines.reduce((widest, { row }) => Math.max(widest, row.glyphs.length), 0);
  }

  /** The number that tmux gave the line when the last page was taken. */
  tmuxLine(number: number): number {
    const gap = this.#lines.indexOf(GAP);
    return number - this.#tops[gap >= 0 && number <= this.#first + gap ? 'older' : 'newer'];
  }

  /** The lines from one to another as they were printed, longer than the pane or not. */
  *printed(from: number, to: number): Generator<string> {
    let begun = '';
    for (let number = from; number <= to; number += 1) {
      const line = this.at(number);
      if (line === undefined) continue;
      if (line.isWrapped && number < to) {
        begun += line.row.glyphs.join('');
        continue;
      }
      yield begun + rowText(line.row);
      begun = '';
    }
    if (begun !== '') yield begun.trimEnd();
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
    copy.#tops = { ...this.#tops };
    copy.#historySize = this.#historySize;
    copy.#hasOldest = this.#hasOldest;
    copy.#hasNewest = this.#hasNewest;
    copy.#isAlternate = this.#isAlternate;
    return copy;
  }

  /** Forgets everything but this page. */
  replace(page: HistoryPage, rows: readonly Row[]): void {
    this.#lines = linesOf(page, rows);
    this.#first = 0;
    this.#tops = { older: -page.firstLine, newer: -page.firstLine };
    this.#historySize = page.historySize;
    this.#isAlternate = page.isAlternate;
    this.#hasOldest = isOldest(page);
    this.#hasNewest = isNewest(page);
  }

  /**
   * Forgets everything but these lines, which were found on this side of what is held.
   *
   * @returns the number of the first one.
   */
  moveTo(found: FoundLines, side: Side): number {
    this.#moveOn(found.historySize);
    const top = this.#tops[side];
    this.#lines = linesOf({ ...found, wrapped: [] }, []);
    this.#first = top + found.firstLine;
    this.#tops = { older: top, newer: top };
    this.#hasOldest = false;
    this.#hasNewest = false;
    return this.#first;
  }

  /**
   * Forgets everything but this page, in which the line keeps its number; nothing if it is not there.
   *
   * @returns whether the line is in the page.
   */
  replaceAround(number: number, page: HistoryPage, rows: readonly Row[]): boolean {
    const wanted = this.tmuxLine(number);
    const grown = this.#moveOn(page.historySize);
    const top = number - (wanted - grown);
    const lines = linesOf(page, rows);
    const expected = top + page.firstLine - this.#first;
    const first = this.#first + (findJoint(this.#lines, lines, expected) ?? expected);
    if (number < first || number >= first + lines.length) return false;
    this.replace(page, rows);
    this.#first = first;
    this.#tops = { older: first - page.firstLine, newer: first - page.firstLine };
    return true;
  }

  /** Takes a page that overlaps what is held at one side; takes no line of one that cannot be joined. */
  join(page: HistoryPage, rows: readonly Row[], side: Side): 'joined' | 'apart' {
    this.#moveOn(page.historySize);
    this.#isAlternate = page.isAlternate;
    const [from, to] = this.#stretch(side);
    const held = this.#lines.slice(from, to);
    const lines = linesOf(page, rows);
    const expected = this.#tops[side] + page.firstLine - this.#first - from;
    const start = findJoint(held, lines, expected);
    if (start === undefined) return 'apart';
    const hasGap = held.length < this.#lines.length;
    const top = this.#first + from + start - page.firstLine;
    this.#tops = hasGap ? { ...this.#tops, [side]: top } : { older: top, newer: top };
    const piece = hasGap ? shortened({ lines, start }, side, held.length) : { lines, start };
    if (from === 0) this.#extendToOldest(page, start);
    const reachesEnd = to === this.#lines.length && isNewest(page);
    if (to === this.#lines.length && start + lines.length >= held.length) {
      this.#hasNewest = reachesEnd;
    }
    this.#lines.splice(from, held.length, ...merge(held, piece, reachesEnd));
    return 'joined';
  }

  /** Takes a page that could not be joined, as newer than everything held, behind a mark that lines are missing. */
  addAfterGap(page: HistoryPage, rows: readonly Row[]): void {
    // A line that is not settled may have changed since: the page brings it again.
    this.#lines.length = this.#lines.findLastIndex((line) => line.isSettled) + 1;
    const lines = linesOf(page, rows);
    const skipped = repeatedLines(this.#lines, lines);
    this.#tops.newer = this.end + 1 - skipped - page.firstLine;
    this.#lines.push(GAP, ...lines.slice(skipped));
    this.#hasNewest = isNewest(page);
  }

  /** Drops the lines farthest from a line until few enough are held. */
  trimAround(number: number): void {
    const excess = this.#lines.length - MAX_HELD_LINES;
    if (excess <= 0) return;
    const before = Math.max(0, number - this.#first - Math.ceil(MAX_HELD_LINES / 2));
    const fromStart = Math.min(excess, Math.floor(before));
    if (fromStart > 0) this.#hasOldest = false;
    if (fromStart < excess) this.#hasNewest = false;
    this.#lines = this.#lines.slice(fromStart, fromStart + MAX_HELD_LINES);
    this.#first += fromStart;
    if (!this.#lines.includes(GAP)) this.#tops.older = this.#tops.newer;
  }

  /** The lines up to the first gap, or those behind the last one: from an index to before another. */
  #stretch(side: Side): [number, number] {
    const gap = this.#lines.indexOf(GAP);
    if (side === 'older') return [0, gap < 0 ? this.#lines.length : gap];
    return [this.#lines.lastIndexOf(GAP) + 1, this.#lines.length];
  }

  #extendToOldest(page: HistoryPage, start: number): void {
    this.#first += Math.min(0, start);
    // Where the buffer begins later than what is held, there is nothing older any more.
    this.#hasOldest = isOldest(page) || (start > 0 && this.#hasOldest);
  }

  /**
   * Guesses by how much tmux's numbers fell: a full history drops its oldest tenth (tmux,
   * `grid_collect_history`).
   */
  #moveOn(historySize: number): number {
    const growth = historySize - this.#historySize;
    const scrolled = growth < 0 ? growth + Math.floor(this.#historySize / 10) : growth;
    this.#tops = { older: this.#tops.older + scrolled, newer: this.#tops.newer + scrolled };
    this.#historySize = historySize;
    return scrolled;
  }
}

/** Lines of a page, and the index in what is held at which they begin. */
interface Piece {
  readonly lines: readonly HistoryLine[];
  readonly start: number;
}

/** A page may tell what is beyond a gap, but not how much of it: that part is left out. */
function shortened(piece: Piece, side: Side, heldLines: number): Piece {
  const { lines, start } = piece;
  if (side === 'older') return { lines: lines.slice(0, heldLines - start), start };
  return { lines: lines.slice(Math.max(0, -start)), start: Math.max(0, start) };
}

/** Settled lines stay the same objects; others give way to what the page says of them. */
function merge(held: readonly HistoryLine[], piece: Piece, reachesEnd: boolean): HistoryLine[] {
  const { lines, start } = piece;
  const pageEnd = start + lines.length;
  const end = reachesEnd ? pageEnd : Math.max(held.length, pageEnd);
  const merged: HistoryLine[] = [];
  for (let index = Math.min(0, start); index < end; index += 1) {
    const kept = held[index];
    const line = kept?.isSettled === true ? kept : (lines[index - start] ?? kept);
    if (line !== undefined) merged.push(line);
  }
  return merged;
}

function linesOf(
  page: Pick<HistoryPage, 'firstLine' | 'texts' | 'wrapped'>,
  rows: readonly Row[],
): HistoryLine[] {
  const wrapped = new Set(page.wrapped);
  return page.texts.map((text, index) => {
    const [row = UNREAD, next = UNREAD] = [rows[index], rows[index + 1]];
    const isWrapped = wrapped.has(index);
    const kept = isWrapped ? withoutCutEnd(row, next) : withoutBlankEnd(row);
    return { row: kept, text, isSettled: page.firstLine + index < 0, isWrapped };
  });
}

/** Drops the blanks at the end: many lines are held, and most are short. */
function withoutBlankEnd(row: Row): Row {
  const last = row.glyphs.findLastIndex((glyph, col) => glyph !== ' ' || row.styles[col] !== '');
  return { glyphs: row.glyphs.slice(0, last + 1), styles: row.styles.slice(0, last + 1) };
}

/** A wide character that found one column left stands in the next row: that column is no blank of the text. */
function withoutCutEnd(row: Row, next: Row): Row {
  const isCut = row.glyphs.at(-1) === ' ' && next.glyphs[1] === '';
  return isCut ? { glyphs: row.glyphs.slice(0, -1), styles: row.styles.slice(0, -1) } : row;
}

function isOldest(page: HistoryPage): boolean {
  return page.firstLine + page.historySize <= 0;
}

function isNewest(page: HistoryPage): boolean {
  return page.firstLine + page.lines.length >= page.size.rows;
}
