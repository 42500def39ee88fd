/**
 * One row of a screen. Both arrays have one entry per column and never change; equal rows of successive
 * screens are the same object, so that comparing is cheap.
 */
export interface Row {
  /** What each cell shows: one grapheme; a space where nothing is; '' for the second half of a wide one. */
  readonly glyphs: readonly string[];
  /** How each cell is shown: the SGR parameters after a reset (`1;38;2;255;0;0`); '' for plain. */
  readonly styles: readonly string[];
}

export interface Cursor {
  readonly col: number;
  readonly row: number;
  /** Its shape, 1 to 6 as DECSCUSR has them; left out where it is the terminal's own. */
  readonly shape?: number;
}

/** A whole screen, as a terminal of its size shows it. Never changes: it is an observer's position in the sequence of screens. */
export interface Grid {
  readonly cols: number;
  readonly rows: readonly Row[];
  /** Where the cursor is, from the top left corner, 0,0; null while it is hidden. */
  readonly cursor: Cursor | null;
  /** Where a frame was cut that led here: the next one begins with this row, so that all get their turn. */
  readonly resumeAt?: number;
}

/** A row that shows nothing. */
export function blankRow(cols: number): Row {
  return { glyphs: Array<string>(cols).fill(' '), styles: Array<string>(cols).fill('') };
}

/**
 * Longest glyph that is passed on, in characters. tmux keeps 32 bytes in a cell, and some versions write what a cell had no
 * room for behind it, where a terminal joins it.
 */
const MAX_GLYPH_CHARACTERS = 32;
/** Controls, line ends, halves of characters, and what turns the text behind it around (UAX #9: embedding, override, isolate). */
const DANGEROUS = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/gu;
/** What would join the cell before it: a mark without a letter, a joiner, a vowel or final of Hangul. */
const JOINS_BEFORE =
  /^[\p{Mn}\p{Me}\u1160-\u11ff\ud7b0-\ud7fb\u200b-\u200f\u061c\u2060-\u2064\u206a-\u206f\ufeff\ufff9-\ufffb\u{e0001}-\u{e007f}]/u;

/** What a cell shows, safe for any terminal; a space where nothing is. */
export function printableGlyph(characters: string): string {
  if (characters === '') return ' ';
  if (characters.length === 1 && isOrdinary(characters.charCodeAt(0))) return characters;
  const harmless = Array.from(characters.replace(DANGEROUS, ''))
    .slice(0, MAX_GLYPH_CHARACTERS)
    .join('');
  // A blank before it keeps it in its cell, as tmux has it, and off the cell before.
  return harmless === '' || JOINS_BEFORE.test(harmless) ? ` ${harmless}` : harmless;
}

/**
 * Whether all terminals agree how many columns a glyph takes; where they do not, what follows has to be
 * positioned anew.
 */
export function hasCertainWidth(glyph: string): boolean {
  return glyph.length === 1 && isOrdinary(glyph.charCodeAt(0));
}

/** ASCII, Latin, line drawing and blocks, kana to ideographs, Hangul syllables: most of what is shown. */
function isOrdinary(code: number): boolean {
  if (code < 0x7f) return code >= 0x20;
  if (code < 0x300) return code > 0xa0 && code !== 0xad;
  if (code < 0x25a0) return code >= 0x2500;
  return (
    (code >= 0x3041 && code <= 0x3096) || (code >= 0x30a1 && code <= 0x9fff) || isSyllable(code)
  );
}

function isSyllable(code: number): boolean {
  return code >= 0xac00 && code <= 0xd7a3;
}
