/**
 * One row of a screen. Both arrays have one entry per column and never change; equal rows of successive
 * screens are the same object, so that comparing is cheap.
 */
export interface Row {
  /** What each cell shows: one grapheme; a space where nothing is; '' for the second half of a wide one. */
  readonly glyphs: readonly string[];
  /** How: the parameters of SGR after a reset, `1;38;2;255;0;0` for instance; '' for plain. */
  readonly styles: readonly string[];
}

/** A whole screen, as a terminal of its size shows it. Never changes: it is an observer's position in the sequence of screens. */
export interface Grid {
  readonly cols: number;
  readonly rows: readonly Row[];
  /** From the top left corner, 0,0; null while it is hidden. */
  readonly cursor: { readonly col: number; readonly row: number } | null;
  /** Where a frame was cut that led here: the next one begins with this row, so that all get their turn. */
  readonly resumeAt?: number;
}

/** A row that shows nothing. */
export function blankRow(cols: number): Row {
  return { glyphs: Array<string>(cols).fill(' '), styles: Array<string>(cols).fill('') };
}

/** Longest glyph that is passed on, in UTF-8; tmux keeps no longer ones in a cell. */
const MAX_GLYPH_BYTES = 32;
/**
 * Starts with a character that stands by itself; has no control characters or line ends, and of the
 * invisible ones only the joiner, not those that turn what follows around or hide a text.
 */
const GRAPHEME =
  /^[^\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{M}\p{Cf}\u1160-\u11ff\ud7b0-\ud7fb](?:\u200d|[^\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Cf}])*$/u;
const REPLACEMENT = '\ufffd';

/** What a cell shows, safe for any terminal; a space where nothing is. */
export function printableGlyph(characters: string): string {
  if (characters === '') return ' ';
  if (characters.length === 1 && isOrdinary(characters.charCodeAt(0))) return characters;
  const isPrintable = GRAPHEME.test(characters) && Buffer.byteLength(characters) <= MAX_GLYPH_BYTES;
  return isPrintable ? characters : REPLACEMENT;
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
