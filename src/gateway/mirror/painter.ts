import type { Level } from './abilities.js';
import { hasCertainWidth, type Row } from './grid.js';
import type { Stretch } from './row-change.js';
import { styleSequence } from './style-sequence.js';

/** Fewest plain blanks that erasing takes fewer bytes for than writing. */
const MIN_ERASED = 10;
const MIN_ERASED_AT_END = 4;

/**
 * Makes the bytes that draw stretches. Relies on nothing that a terminal may do on its own: each stretch
 * is positioned, each style starts from a reset, and nothing is written behind the last column.
 */
export class Painter {
  readonly #level: Level;
  #text = '';
  /** The style that is in force; not known at first. */
  #style: string | undefined;
  /** What set it: many styles look the same on a terminal without colours. */
  #sequence = '';

  constructor(level: Level) {
    this.#level = level;
  }

  /** What was painted since it was last taken. */
  take(): string {
    const text = this.#text;
    this.#text = '';
    return text;
  }

  setStyle(style: string): void {
    if (style === this.#style) return;
    this.#style = style;
    const sequence = styleSequence(style, this.#level);
    if (sequence !== this.#sequence) this.#text += sequence;
    this.#sequence = sequence;
  }

  moveTo(row: number, col: number): void {
    this.#text += `\x1b[${row + 1};${col + 1}H`;
  }

  sequence(text: string): void {
    this.#text += text;
  }

  /** Draws from where the cursor is, which is where the stretch starts. */
  draw(row: Row, { start, end }: Stretch): void {
    for (let col = start; col < end; ) {
      const blanks = countBlanks(row, col, end);
      const isRest = col + blanks === row.glyphs.length;
      if (blanks >= (isRest ? MIN_ERASED_AT_END : MIN_ERASED)) {
        this.#erase(blanks, isRest);
        col += blanks;
      } else {
        col = this.#drawCell(row, col, end);
      }
    }
  }

  #erase(count: number, isRest: boolean): void {
    // Terminals differ in what they erase with where a background is set.
    this.setStyle('');
    this.#text += isRest ? '\x1b[K' : `\x1b[${count}X\x1b[${count}C`;
  }

  #drawCell(row: Row, col: number, end: number): number {
    const glyph = row.glyphs[col] ?? '';
    const next = row.glyphs[col + 1] === '' ? col + 2 : col + 1;
    this.setStyle(row.styles[col] ?? '');
    this.#text += glyph;
    if (next < end && !hasCertainWidth(glyph)) this.#text += `\x1b[${next + 1}G`;
    return next;
  }
}

/** How many cells from `start` on show nothing, and that plainly. */
function countBlanks(row: Row, start: number, end: number): number {
  let col = start;
  while (col < end && row.glyphs[col] === ' ' && row.styles[col] === '') col += 1;
  return col - start;
}
