import type { Clock } from '../../base/clock.js';

/** Calls listeners after something happened: at once after a pause, then at most once per `paceMs`. */
export class Pulse {
  readonly #clock: Clock;
  readonly #paceMs: number;
  readonly #listeners = new Set<() => void>();
  #lastAt = Number.NEGATIVE_INFINITY;
  #cancelTimer: (() => void) | undefined;

  constructor(clock: Clock, paceMs: number) {
    this.#clock = clock;
    this.#paceMs = paceMs;
  }

  /** Adds a listener; the returned function takes it away. */
  on(listener: () => void): () => void {
    // A function of its own, so that one who listens twice is told twice, and can stop once.
    const own = () => listener();
    this.#listeners.add(own);
    return () => this.#listeners.delete(own);
  }

  /** Notes that it happened; the listeners are called soon. */
  beat(): void {
    if (this.#cancelTimer !== undefined || this.#listeners.size === 0) return;
    const sinceMs = this.#clock.elapsed() - this.#lastAt;
    this.#cancelTimer = this.#clock.after(Math.max(0, this.#paceMs - sinceMs), () => this.#tell());
  }

  close(): void {
    this.#cancelTimer?.();
    this.#listeners.clear();
  }

  #tell(): void {
    this.#cancelTimer = undefined;
    this.#lastAt = this.#clock.elapsed();
    for (const listener of [...this.#listeners]) listener();
  }
}
