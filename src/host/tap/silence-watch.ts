import type { Clock } from '../../base/clock.js';
import type { PaneOutput } from './pane-output.js';

export interface SilenceWatchOptions {
  readonly output: PaneOutput;
  readonly clock: Clock;
  /** How long a pane must be without output to count as silent. */
  readonly limitMs: number;
  /** How long from now on silence does not count yet; 0 by default. */
  readonly graceMs?: number;
  readonly onSilence: () => void;
  /** Called when the silence that was told is over. */
  readonly onOutput?: () => void;
}

/** Node's timers wait for 2^31-1 ms at most (setTimeout), about 25 days, and schemas allow 30. */
const MAX_WAIT_MS = 86_400_000;

/**
 * Tells of each silence of a pane once. Output resets no timer, since that would cost each piece:
 * when the time is over the watch looks at the newest output, and waits for the rest.
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

  /** Stops the watch. Idempotent. */
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
      // The end of this silence is told before the next one, which may be due already.
      this.#options.onOutput?.();
      this.#wait();
    });
    this.#options.onSilence();
  }
}
