import { setImmediate } from 'node:timers/promises';
import type { Clock } from '../../src/base/clock.js';

/** A clock that a test lets pass, and whose wall time it may let jump. */
export class FakeClock implements Clock {
  #elapsed = 0;
  #offset = 1_000_000_000_000;
  readonly #timers = new Set<{ readonly at: number; readonly work: () => void }>();

  now(): number {
    return this.#offset + this.#elapsed;
  }

  elapsed(): number {
    return this.#elapsed;
  }

  after(delayMs: number, work: () => void): () => void {
    const timer = { at: this.#elapsed + delayMs, work };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /** Lets time pass; what is due meanwhile is called in its order. */
  pass(ms: number): void {
    const end = this.#elapsed + ms;
    while (this.#callNext(end));
    this.#elapsed = end;
  }

  /** Lets time pass; each call is made after all that followed from the one before. */
  async passWith(ms: number): Promise<void> {
    const end = this.#elapsed + ms;
    do await setImmediate();
    while (this.#callNext(end));
    this.#elapsed = end;
  }

  /** Sets the wall clock forward or back; nothing else happens. */
  jump(ms: number): void {
    this.#offset += ms;
  }

  /** Timers that were not taken back and are not due yet. */
  get pending(): number {
    return this.#timers.size;
  }

  /** @returns false when nothing is due until `end`. */
  #callNext(end: number): boolean {
    const [next] = [...this.#timers]
      .filter(({ at }) => at <= end)
      .sort((one, other) => one.at - other.at);
    if (next === undefined) return false;
    this.#timers.delete(next);
    this.#elapsed = Math.max(this.#elapsed, next.at);
    next.work();
    return true;
  }
}
