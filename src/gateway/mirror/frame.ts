import type { Abilities } from './abilities.js';
import { blankRow, type Cursor, type Grid, type Row } from './grid.js';
import { Painter } from './painter.js';
import { changedStretches } from './row-change.js';
import { findScroll, type Scroll, scrolled } from './scroll.js';

export interface FrameOptions extends Abilities {
  /** Longest frame; any stretch fits in 64 KiB, and one that does not fit is sent alone. */
  readonly maxBytes: number;
}

export interface Frame {
  /** Empty when the terminal shows it already. */
  readonly bytes: Uint8Array;
  /** What the terminal shows afterwards: `to` itself, unless that took more than `maxBytes`. */
  readonly reached: Grid;
}

/** What moves the cursor, shows it, ends an update, or erases what is below; kept free for the end. */
const END_BYTES = 64;
/** Bands that are scrolled in one frame: panes above each other, each with a log of its own. */
const MAX_SCROLLS = 4;
const HIDE_CURSOR = '\x1b[?25l';
const SHOW_CURSOR = '\x1b[?25h';
/**
 * Side margins off, the others at the edges (DECLRMM, DECSTBM); absolute positions, no insertion,
 * no wrapping (DECOM, IRM, DECAWM); ASCII.
 */
const PREPARE = '\x1b[?69l\x1b[r\x1b[?6l\x1b[4l\x1b[?7l\x1b(B\x0f';
const BEGIN_UPDATE = '\x1b[?2026h';
const END_UPDATE = '\x1b[?2026l';

/**
 * Encodes what leads a terminal that shows `from` to `to`; from anything at all where `from` is undefined.
 * A frame that would be too long ends early, and says where.
 */
export function encodeFrame(from: Grid | undefined, to: Grid, options: FrameOptions): Frame {
  if (from === to) return { bytes: new Uint8Array(), reached: to };
  return new FrameEncoder(from, to, options).encode();
}

interface Stop {
  readonly row: number;
  readonly col: number;
}

class FrameEncoder {
  readonly #to: Grid;
  readonly #options: FrameOptions;
  readonly #painter: Painter;
  /** What the terminal shows while it is drawn; undefined while that is not known. */
  #before: readonly Row[] | undefined;
  readonly #cursorBefore: Grid['cursor'] | undefined;
  /** The row that is drawn first; those above it come last. */
  readonly #firstRow: number;
  #text = '';
  #byteCount = 0;

  constructor(from: Grid | undefined, to: Grid, options: FrameOptions) {
    const isKnown = from?.cols === to.cols && from.rows.length === to.rows.length;
    this.#to = to;
    this.#options = options;
    this.#painter = new Painter(options.level);
    this.#before = isKnown ? from.rows : undefined;
    this.#cursorBefore = isKnown ? from.cursor : undefined;
    this.#firstRow = (isKnown ? from.resumeAt : undefined) ?? 0;
  }

  encode(): Frame {
    if (this.#before === undefined) this.#painter.sequence(PREPARE);
    else this.#scroll(this.#before);
    const stop = this.#drawRows();
    if (stop !== undefined) return this.#end(this.#mixed(stop), this.#eraseFrom(stop));
    return this.#end(this.#to, this.#cursor());
  }

  #scroll(rows: readonly Row[]): void {
    let before = rows;
    for (let count = 0; count < MAX_SCROLLS; count += 1) {
      const scroll = findScroll(before, this.#to.rows);
      if (scroll === undefined) break;
      // What is uncovered takes the background that is set.
      this.#painter.setStyle('');
      this.#painter.sequence(scrollSequence(scroll));
      before = scrolled(before, scroll);
    }
    this.#before = before;
  }

  /** Draws what changed; says where it stopped if that was before the end; the first stretch is never too much. */
  #drawRows(): Stop | undefined {
    this.#add(this.#painter.take());
    let isFirst = true;
    for (const [index, row] of this.#rowsInTurn()) {
      const before = this.#before?.[index];
      if (before === row) continue;
      for (const stretch of changedStretches(before, row)) {
        this.#painter.moveTo(index, stretch.start);
        this.#painter.draw(row, stretch);
        const text = this.#painter.take();
        if (!isFirst && !this.#fits(text)) return { row: index, col: stretch.start };
        this.#add(text);
        isFirst = false;
      }
    }
    return undefined;
  }

  #rowsInTurn(): (readonly [number, Row])[] {
    const rows = [...this.#to.rows.entries()];
    return [...rows.slice(this.#firstRow), ...rows.slice(0, this.#firstRow)];
  }

  /** How many rows are drawn before this one. */
  #turnOf(row: number): number {
    return row >= this.#firstRow
      ? row - this.#firstRow
      : row + this.#to.rows.length - this.#firstRow;
  }

  #fits(text: string): boolean {
    return this.#byteCount + Buffer.byteLength(text) <= this.#options.maxBytes - END_BYTES;
  }

  #add(text: string): void {
    this.#text += text;
    this.#byteCount += Buffer.byteLength(text);
  }

  /**
   * The screen after a frame that was cut: new before the stop, old behind it, or erased where that
   * is unknown.
   */
  #mixed({ row, col }: Stop): Grid {
    const { cols, rows: newRows } = this.#to;
    const blank = blankRow(cols);
    const rows = newRows.map((newRow, index) => {
      if (this.#turnOf(index) < this.#turnOf(row)) return newRow;
      const before = this.#before?.[index] ?? blank;
      return index === row ? spliced(newRow, before, col) : before;
    });
    return { cols, rows, cursor: null, resumeAt: row };
  }

  #eraseFrom({ row, col }: Stop): string {
    return this.#before === undefined ? `\x1b[${row + 1};${col + 1}H\x1b[0m\x1b[J` : '';
  }

  #cursor(): string {
    const { cursor } = this.#to;
    if (cursor === null) return '';
    return `${this.#cursorShape(cursor)}\x1b[${cursor.row + 1};${cursor.col + 1}H${SHOW_CURSOR}`;
  }

  /** A shape that is not known, since no cursor was seen, is set again. */
  #cursorShape({ shape = 0 }: Cursor): string {
    const before = this.#cursorBefore;
    const isKnown = before !== null && before !== undefined && (before.shape ?? 0) === shape;
    return isKnown || this.#options.level !== 'full' ? '' : `\x1b[${shape} q`;
  }

  #end(reached: Grid, ending: string): Frame {
    const isDrawn = this.#text !== '';
    if (!isDrawn && sameCursor(this.#cursorBefore, reached.cursor)) {
      return { bytes: new Uint8Array(), reached };
    }
    const hide = this.#cursorBefore === null || (!isDrawn && reached.cursor) ? '' : HIDE_CURSOR;
    const text = `${hide}${this.#text}${ending}`;
    const { hasSync } = this.#options;
    return { bytes: Buffer.from(hasSync ? `${BEGIN_UPDATE}${text}${END_UPDATE}` : text), reached };
  }
}

function scrollSequence({ top, bottom, distance }: Scroll): string {
  const move = distance > 0 ? `\x1b[${distance}S` : `\x1b[${-distance}T`;
  return `\x1b[${top + 1};${bottom + 1}r${move}\x1b[r`;
}

/** The left of one row and the right of another. */
function spliced(left: Row, right: Row, col: number): Row {
  return {
    glyphs: [...left.glyphs.slice(0, col), ...right.glyphs.slice(col)],
    styles: [...left.styles.slice(0, col), ...right.styles.slice(col)],
  };
}

function sameCursor(a: Grid['cursor'] | undefined, b: Grid['cursor']): boolean {
  if (a === null || a === undefined || b === null) return a === b;
  return a.col === b.col && a.row === b.row && a.shape === b.shape;
}
