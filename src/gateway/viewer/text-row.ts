import type { Row } from '../mirror/grid.js';

/**
 * Rows that are kept, so that a text is the same object on every screen; beyond it all are dropped.
 */
const MAX_KEPT_ROWS = 512;

/** Characters two cells wide (UAX #11, UTS #51): near enough for what people type to search. */
const WIDE =
  /^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Emoji_Presentation}\u3000-\u303e\uff01-\uff60\uffe0-\uffe6]$/u;
const COMBINING = /^[\p{Mn}\p{Me}]$/u;

const keptRows = new Map<string, Row>();

/** A row of one style with a text, cut or filled with blanks to its width. Equal ones are the same object. */
export function textRow(text: string, cols: number, style = ''): Row {
  const key = `${cols} ${style} ${text}`;
  const kept = keptRows.get(key);
  if (kept !== undefined) return kept;
  const row = layOut(text, cols, style);
  if (keptRows.size >= MAX_KEPT_ROWS) keptRows.clear();
  keptRows.set(key, row);
  return row;
}

/** How many cells a text takes. */
export function textWidth(text: string): number {
  let cells = 0;
  for (const character of text) cells += widthOf(character);
  return cells;
}

/** The end of a text, as much of it as fits. */
export function endOf(text: string, cols: number): string {
  const characters = Array.from(text);
  let cells = 0;
  let start = characters.length;
  while (start > 0) {
    cells += widthOf(characters[start - 1] ?? '');
    if (cells > cols) break;
    start -= 1;
  }
  return characters.slice(start).join('');
}

function layOut(text: string, cols: number, style: string): Row {
  const glyphs: string[] = [];
  for (const character of text) {
    const width = widthOf(character);
    if (glyphs.length + width > cols) break;
    if (width === 0) addToLast(glyphs, character);
    else glyphs.push(character);
    if (width === 2) glyphs.push('');
  }
  while (glyphs.length < cols) glyphs.push(' ');
  return { glyphs, styles: Array.from({ length: cols }, () => style) };
}

function addToLast(glyphs: string[], character: string): void {
  const last = glyphs.findLastIndex((glyph) => glyph !== '');
  if (last >= 0) glyphs[last] = `${glyphs[last] ?? ''}${character}`;
}

function widthOf(character: string): 0 | 1 | 2 {
  if (COMBINING.test(character)) return 0;
  return WIDE.test(character) ? 2 : 1;
}
