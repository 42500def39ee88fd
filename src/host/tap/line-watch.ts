import type { Clock } from '../../base/clock.js';
import { LineReader } from './line-reader.js';
import { openReader, readMarked } from './marked-lines.js';
import type { OutputRing } from './output-ring.js';
import type { OutputLine } from './pane-output.js';
import type { TypedMarks } from './typed-marks.js';

export interface LineListener {
  readonly onLine: (line: OutputLine) => void;
  readonly onMissed: ((bytes: number) => void) | undefined;
}

export interface LineWatchOptions {
  readonly ring: OutputRing;
  readonly typed: TypedMarks;
  readonly clock: Clock;
  /** Monotonic milliseconds by which a slice is measured: real ones, even where tests set the clock. */
  readonly now?: () => number;
}

/** How much is read before the clock is asked again. */
const STEP_BYTES = 4 * 1024;
/** The longest slice of reading, and the pause after it: a flood costs a fifth of one core at most. */
const SLICE_MS = 2;
const REST_MS = 8;
/** After missed output, reading goes on this far before the newest, so as not to miss some at once. */
const RESUMED_BYTES = 64 * 1024;

/** Reads lines out of a ring while somebody listens, at its own pace. */
export class LineWatch {
  readonly #options: LineWatchOptions;
  readonly #now: () => number;
  readonly #listeners = new Set<LineListener>();
  #reader = new LineReader();
  #at = 0;
  #cancelTimer: (() => void) | undefined;

  constructor(options: LineWatchOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
  }

  /** Tells of each line that ends from now on; the returned function stops that. */
  listen(listener: LineListener): () => void {
    if (this.#listeners.size === 0) this.#startAt(this.#options.ring.end);
    const own = { ...listener };
    this.#listeners.add(own);
    return () => this.#listeners.delete(own);
  }

  /** Reads soon, since new output came. */
  wake(): void {
    if (this.#listeners.size > 0) this.#soon(0);
  }

  /** Passes over the lines from `offset` on where all before it are read; a line that ends later is told. */
  passBy(offset: number): void {
    if (this.#at < offset) return this.wake();
    const { ring, typed } = this.#options;
    this.#startAt(Math.max(ring.start, ring.end - STEP_BYTES));
    const piece = { bytes: ring.slice(this.#at, ring.end), at: this.#at, typed };
    readMarked(this.#reader, piece, () => undefined);
    this.#at = ring.end;
  }

  close(): void {
    this.#cancelTimer?.();
    this.#listeners.clear();
  }

  #soon(delayMs: number): void {
    this.#cancelTimer ??= this.#options.clock.after(delayMs, () => {
      this.#cancelTimer = undefined;
      this.#readSlice();
    });
  }

  #readSlice(): void {
    const { ring } = this.#options;
    const startedAt = this.#now();
    while (this.#listeners.size > 0 && this.#at < ring.end) {
      if (this.#at < ring.start) this.#resume();
      const bytes = ring.slice(this.#at, this.#at + STEP_BYTES);
      const piece = { bytes, at: this.#at, typed: this.#options.typed };
      this.#at += bytes.length;
      readMarked(this.#reader, piece, ({ text, printed, end }) =>
        this.#tell({ text, printed, end }),
      );
      if (this.#now() - startedAt >= SLICE_MS) return this.#soon(REST_MS);
    }
  }

  #resume(): void {
    const { ring } = this.#options;
    const from = Math.max(ring.start, ring.end - RESUMED_BYTES);
    const missed = from - this.#at;
    this.#startAt(from);
    for (const { onMissed } of [...this.#listeners]) onMissed?.(missed);
  }

  #startAt(offset: number): void {
    this.#at = offset;
    this.#reader = openReader(offset, this.#options.typed);
  }

  #tell(line: OutputLine): void {
    for (const { onLine } of [...this.#listeners]) onLine(line);
  }
}
