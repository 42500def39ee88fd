import type { OutputPage, OutputStart } from '../../base/output-page.js';

/** A line of a pane's output as people read it: without escape sequences and control characters. */
export interface OutputLine {
  /** The line's first `MAX_LINE_CHARACTERS`. */
  readonly text: string;
  /** The beginning of the line that the program has surely printed and nobody typed; may be empty. */
  readonly printed: string;
  /** The offset in the pane's output after the line's end. */
  readonly end: number;
}

export const MAX_LINE_CHARACTERS = 4096;

/** What a pane showed before its output was read, as far as it is of the run that was found. */
export interface PastOutput {
  /** The newest lines, without blank ones at the end. */
  readonly lines: readonly string[];
  /** Whether the last line was not ended, as a prompt is not. */
  readonly isOpen: boolean;
  /** The beginning of the last line that the program has surely printed. */
  readonly printed: string;
  /** All that the pane showed, with what scrolled off last, whichever run printed it. */
  readonly shown: readonly string[];
}

/**
 * What a pane has put out, from the ring that its tap fills: every reader gets the same bytes, and
 * none slows the pane. Offsets count bytes since this process began to read; they never fall.
 */
export interface PaneOutput {
  /** The offset after the newest byte. */
  readonly end: number;
  /** When the newest byte came, in milliseconds of `Clock.elapsed`; undefined before the first. */
  readonly lastAtElapsed: number | undefined;
  /** When the newest byte came, in epoch ms; undefined before the first. */
  readonly lastAt: number | undefined;
  /**
   * The last line on which the program may have printed something, ended or not: what may be no
   * more than the terminal's echo of keys is left out.
   */
  readonly lastLine: string;
  /** The beginning of `lastLine` that the program has surely printed and nobody typed; may be empty. */
  readonly lastPrinted: string;
  /** Whether `lastLine` was not ended, as a prompt is not. */
  readonly isLineOpen: boolean;
  /** Lines from before this process began to read, of which listeners are not told. */
  readonly past: readonly string[];
  /**
   * Reads at most `maxBytes` from `start` on.
   *
   * @returns a page that tells how many bytes were dropped before it.
   */
  read(start: OutputStart, maxBytes: number): OutputPage;
  /** Calls `listener` soon after new bytes came, once for many; the returned function stops that. */
  onOutput(listener: () => void): () => void;
  /**
   * Calls `listener` with each line that ends from now on, in order, in slices that leave the event
   * loop free. A listener set that cannot keep up misses lines: `onMissed` tells how many bytes.
   */
  onLine(listener: (line: OutputLine) => void, onMissed?: (bytes: number) => void): () => void;
}
