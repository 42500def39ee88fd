import type { Row } from '../mirror/grid.js';
import type { Needle } from './row-search.js';

/** Rows with marks on them, each made once: what shows the same stays the same object. */
export class MarkedRows {
  readonly #selected = new WeakMap<Row, Row>();
  #matching = new WeakMap<Row, Row>();
  #needle: Needle | undefined;

  /** Inverse, and at least one cell, so that an empty line shows it, too. */
  selected(row: Row): Row {
    const kept = this.#selected.get(row);
    if (kept !== undefined) return kept;
    const glyphs = row.glyphs.length === 0 ? [' '] : row.glyphs;
    const made = { glyphs, styles: glyphs.map(() => '7') };
    this.#selected.set(row, made);
    return made;
  }

  /** With every place marked that the needle matches. */
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
