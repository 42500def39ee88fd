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

/** A whole screen, as a terminal of its size shows it. Never changes: it is the place somebody is at. */
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
