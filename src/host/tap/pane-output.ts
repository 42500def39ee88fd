import type { OutputPage, OutputStart } from '../../base/output-page.js';

/** A line of a pane's output as people read it: without escape sequences and control characters. */
export interface OutputLine {
  /** At most `MAX_LINE_CHARACTERS`; what was beyond is left out. */
  readonly text: string;
  /** What of it the program has surely printed, and nobody typed: its beginning, or nothing. */
  readonly printed: string;
  /** Offset in the pane's output after the line's end. */
  readonly end: number;
}

export const MAX_LINE_CHARACTERS = 4096;

/** What stood in a pane before its output was read, as far as it is of the run that was found. */
export interface PastOutput {
  /** The newest lines, without blank ones at the end. */
  readonly lines: readonly string[];
  /** Whether the last one was not ended: a prompt, for one. */
  readonly isOpen: boolean;
  /** What of the last one the program has surely printed. */
  readonly printed: string;
  /** All that the pane showed, and what scrolled off last, of whatever run. */
  readonly shown: readonly string[];
}

/**
 * What a pane has put out, from the ring that its tap fills: whoever reads it reads the same bytes,
 * and never slows the pane. Offsets count bytes since this process began to read; they never fall.
 */
export interface PaneOutput {
  /** Offset after the newest byte. */
  readonly end: number;
  /** Milliseconds of `Clock.elapsed` when the newest byte came; undefined before the first. */
  readonly lastAtElapsed: number | undefined;
  /** Epoch ms of the same. */
  readonly lastAt: number | undefined;
  /**
   * The last line on which the program may have printed something, not ended yet or the newest ended one:
   * what may be no more than the terminal's echo of keys is left out.
   */
  readonly lastLine: string;
  /** What of `lastLine` the program has surely printed, and nobody typed: its beginning, or nothing. */
  readonly lastPrinted: string;
  /** Whether `lastLine` was not ended: a prompt, for one. */
  readonly isLineOpen: boolean;
  /** Lines from before this process began to read, that listeners are not told of. */
  readonly past: readonly string[];
  /**
   * What is there from `start` on, at most `maxBytes`.
   *
   * @returns a page that tells how many bytes were dropped before it.
   */
  read(start: OutputStart, maxBytes: number): OutputPage;
  /** Calls `listener` some time after new bytes came, once for many; the returned function stops it. */
  onOutput(listener: () => void): () => void;
  /**
   * Calls `listener` with each line that ends from now on, in order, in slices that leave the event
   * loop free. A listener set that cannot keep up misses lines: `onMissed` tells how many bytes.
   */
  onLine(listener: (line: OutputLine) => void, onMissed?: (bytes: number) => void): () => void;
}
