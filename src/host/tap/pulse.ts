import type { Clock } from '../../base/clock.js';

/** Calls a listener some time after something happened: at once after a pause, then at a pace. */
export class Pulse {
  readonly #clock: Clock;
  readonly #paceMs: number;
  readonly #listeners = new Set<() => void>();
  #lastAt = Number.NEGATIVE_INFINITY;
  #takeBack: (() => void) | undefined;

  constructor(clock: Clock, paceMs: number) {
    this.#clock = clock;
    this.#paceMs = paceMs;
  }

  /** The returned function takes the listener away. */
  on(listener: () => void): () => void {
    // Its own, so that one who listens twice is told twice, and can stop once.
    const own = () => listener();
    this.#listeners.add(own);
    return () => this.#listeners.delete(own);
  }

  /** It happened. */
  beat(): void {
    if (this.#takeBack !== undefined || this.#listeners.size === 0) return;
    const sinceMs = this.#clock.elapsed() - this.#lastAt;
    this.#takeBack = this.#clock.after(Math.max(0, this.#paceMs - sinceMs), () => this.#tell());
  }

  close(): void {
    this.#takeBack?.();
    this.#listeners.clear();
  }

  #tell(): void {
    this.#takeBack = undefined;
    this.#lastAt = this.#clock.elapsed();
    for (const listener of [...this.#listeners]) listener();
  }
}
