import type { Clock } from '../../base/clock.js';
import type { PaneOutput } from './pane-output.js';

export interface SilenceWatchOptions {
  readonly output: PaneOutput;
  readonly clock: Clock;
  /** So long without output is a silence. */
  readonly limitMs: number;
  /** From now on until silence begins to count; 0 where left out. */
  readonly graceMs?: number;
  readonly onSilence: () => void;
  /** The silence that was told is over. */
  readonly onOutput?: () => void;
}

/** Node's timers cannot wait longer than 2^31 ms, and schemas allow 30 days. */
const MAX_WAIT_MS = 86_400_000;

/**
 * Tells of each silence of a pane once. While it waits for one, output costs it nothing: it checks when
 * the time is over, and waits for what is left of it.
 */
export class SilenceWatch {
  readonly #options: SilenceWatchOptions;
  readonly #countsFrom: number;
  #stop: () => void = () => undefined;

  constructor(options: SilenceWatchOptions) {
    this.#options = options;
    this.#countsFrom = options.clock.elapsed() + (options.graceMs ?? 0);
    this.#wait();
  }

  /** Nothing is told any more. Idempotent. */
  close(): void {
    this.#stop();
  }

  #wait(): void {
    const { clock, output, limitMs } = this.#options;
    const since = Math.max(this.#countsFrom, output.lastAtElapsed ?? Number.NEGATIVE_INFINITY);
    const leftMs = since + limitMs - clock.elapsed();
    if (leftMs <= 0) return this.#tell();
    this.#stop = clock.after(Math.min(Math.ceil(leftMs), MAX_WAIT_MS), () => this.#wait());
  }

  #tell(): void {
    this.#stop = this.#options.output.onOutput(() => {
      this.#stop();
      // Before the next silence is told, which may be over due by now.
      this.#options.onOutput?.();
      this.#wait();
    });
    this.#options.onSilence();
  }
}
