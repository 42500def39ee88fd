import type { IBuffer, IBufferCell } from '@xterm/headless';
import type { Row } from './grid.js';
import { printableGlyph } from './grid.js';
import { StyleReader } from './style-reader.js';

/** A row with the number that equal rows have in common. */
export interface ReadRow {
  readonly row: Row;
  readonly hash: number;
}

const HASH_START = 0x811c9dc5;
const HASH_FACTOR = 0x01000193;

/**
 * Reads rows off an emulator's buffer. Works in two arrays of its own, and makes a new row only
 * where no equal one is known.
 */
export class RowReader {
  readonly #cell: IBufferCell;
  readonly #styles = new StyleReader();
  #glyphs: string[] = [];
  #rowStyles: string[] = [];

  constructor(buffer: IBuffer) {
    this.#cell = buffer.getNullCell();
  }

  /** @param find gives an equal row if one is known; rows that differ may have the same hash. */
  read(
    position: { readonly buffer: IBuffer; readonly y: number; readonly cols: number },
    find: (hash: number, isEqual: (row: Row) => boolean) => Row | undefined,
  ): ReadRow {
    const hash = this.#scan(position);
    const row = find(hash, (known) => this.#equals(known));
    return { hash, row: row ?? { glyphs: [...this.#glyphs], styles: [...this.#rowStyles] } };
  }

  /** Fills the arrays; wide characters are whole, whatever the buffer says. */
  #scan({ buffer, y, cols }: { buffer: IBuffer; y: number; cols: number }): number {
    const line = buffer.getLine(y);
    this.#glyphs.length = cols;
    this.#rowStyles.length = cols;
    let hash = HASH_START;
    for (let col = 0; col < cols; col += 1) {
      const cell = line?.getCell(col, this.#cell);
      const glyph = cell === undefined ? ' ' : printableGlyph(cell.getChars());
      const style = cell === undefined ? '' : this.#styles.styleOf(cell);
      const isWide = cell?.getWidth() === 2 && col + 1 < cols && glyph !== ' ';
      hash = this.#put(col, glyph, style, hash);
      if (!isWide) continue;
      col += 1;
      hash = this.#put(col, '', style, hash);
    }
    return hash;
  }

  #put(col: number, glyph: string, style: string, hash: number): number {
    this.#glyphs[col] = glyph;
    this.#rowStyles[col] = style;
    const mixed = Math.imul(hash ^ (glyph.codePointAt(0) ?? 0), HASH_FACTOR);
    return style === '' ? mixed : Math.imul(mixed ^ style.length, HASH_FACTOR);
  }

  #equals(row: Row): boolean {
    const { glyphs, styles } = row;
    if (glyphs.length !== this.#glyphs.length) return false;
    for (let col = 0; col < glyphs.length; col += 1) {
      if (glyphs[col] !== this.#glyphs[col] || styles[col] !== this.#rowStyles[col]) return false;
    }
    return true;
  }
}
