import { FoldedText } from '../../base/folded-text.js';
import type { Row } from '../mirror/grid.js';

/** What a row shows as text; blanks at the end are none. */
export function rowText(row: Row): string {
  return row.glyphs.join('').trimEnd();
}

/** A text that is searched for, and marked where it is found. */
export class Needle {
  readonly text: string;
  readonly #folded: FoldedText;

  constructor(text: string) {
    this.text = text;
    this.#folded = new FoldedText(text);
  }

  isIn(text: string): boolean {
    return this.#folded.isIn(text);
  }

  /** Turns what matches in a row inverse; the row itself where nothing does. */
  highlight(row: Row): Row {
    let folded = '';
    const columns: number[] = [];
    row.glyphs.forEach((glyph, col) => {
      const text = this.#folded.fold(glyph);
      for (let index = 0; index < text.length; index += 1) columns.push(col);
      folded += text;
    });
    const wanted = this.#folded.folded;
    let found = folded.indexOf(wanted);
    if (found < 0) return row;
    const styles = [...row.styles];
    for (; found >= 0; found = folded.indexOf(wanted, found + wanted.length)) {
      const lastCol = columns[found + wanted.length - 1] ?? 0;
      for (let col = columns[found] ?? 0; col <= lastCol; col += 1) styles[col] = '7';
      if (row.glyphs[lastCol + 1] === '') styles[lastCol + 1] = '7';
    }
    return { glyphs: row.glyphs, styles };
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
