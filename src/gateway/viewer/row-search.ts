import type { Row } from '../mirror/grid.js';

/** What a row shows as text; blanks at the end are none. */
export function rowText(row: Row): string {
  return row.glyphs.join('').trimEnd();
}

/**
 * A plain text that is searched for: case counts when it has an upper case letter, and the ways to
 * compose a character are the same (NFC).
 */
export class Needle {
  readonly text: string;
  readonly #isCaseSensitive: boolean;
  readonly #folded: string;

  constructor(text: string) {
    this.text = text;
    this.#isCaseSensitive = /\p{Lu}/u.test(text);
    this.#folded = this.#fold(text);
  }

  isIn(text: string): boolean {
    return this.#fold(text).includes(this.#folded);
  }

  /** Turns what matches in a row inverse; the row itself where nothing does. */
  highlight(row: Row): Row {
    let folded = '';
    const columns: number[] = [];
    row.glyphs.forEach((glyph, col) => {
      const text = this.#fold(glyph);
      for (let index = 0; index < text.length; index += 1) columns.push(col);
      folded += text;
    });
    let found = folded.indexOf(this.#folded);
    if (found < 0) return row;
    const styles = [...row.styles];
    for (; found >= 0; found = folded.indexOf(this.#folded, found + this.#folded.length)) {
      const lastCol = columns[found + this.#folded.length - 1] ?? 0;
      for (let col = columns[found] ?? 0; col <= lastCol; col += 1) styles[col] = '7';
      if (row.glyphs[lastCol + 1] === '') styles[lastCol + 1] = '7';
    }
    return { glyphs: row.glyphs, styles };
  }

  #fold(text: string): string {
    const composed = text.normalize('NFC');
    return this.#isCaseSensitive ? composed : composed.toLowerCase();
  }
}

/** Rows with marks on them, each made once: what shows the same stays the same object. */
export class MarkedRows {
  readonly #selected = new WeakMap<Row, Row>();
  #matching = new WeakMap<Row, Row>();
  #needle: Needle | undefined;

  /** The row in inverse, at least one cell wide, so that an empty line shows the selection, too. */
  selected(row: Row): Row {
    const kept = this.#selected.get(row);
    if (kept !== undefined) return kept;
    const glyphs = row.glyphs.length === 0 ? [' '] : row.glyphs;
    const made = { glyphs, styles: glyphs.map(() => '7') };
    this.#selected.set(row, made);
    return made;
  }

  /** The row with every match of the needle marked. */
  matching(row: Row, needle: Needle | undefined): Row {
    if (needle === undefined) return row;
    if (needle !== this.#needle) this.#matching = new WeakMap();
    this.#needle = needle;
    const kept = this.#matching.get(row);
    if (kept !== undefined) return kept;
    const made = needle.highlight(row);
    this.#matching.set(row, made);
    return made;
  }
}
