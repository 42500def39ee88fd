import type { Clock } from '../../src/base/clock.js';

interface Timer {
  readonly at: number;
  readonly work: () => void;
}

/** A clock whose time passes when a test says so. */
export class ManualClock implements Clock {
  #now: number;
  #elapsed = 0;
  readonly #timers = new Set<Timer>();

  constructor(now = Date.UTC(2026, 0, 1)) {
    this.#now = now;
  }

  now(): number {
    return this.#now;
  }

  elapsed(): number {
    return this.#elapsed;
  }

  after(delayMs: number, work: () => void): () => void {
    const timer = { at: this.#elapsed + delayMs, work };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /** Lets time pass, and does what is due in its order. */
  pass(ms: number): void {
    const until = this.#elapsed + ms;
    for (;;) {
      const due = [...this.#timers].filter((timer) => timer.at <= until);
      const next = due.sort((one, other) => one.at - other.at)[0];
      if (next === undefined) break;
      this.#timers.delete(next);
      this.#moveTo(Math.max(next.at, this.#elapsed));
      next.work();
    }
    this.#moveTo(until);
  }

  /** Somebody sets the wall clock. */
  jump(ms: number): void {
    this.#now += ms;
  }

  #moveTo(elapsed: number): void {
    this.#now += elapsed - this.#elapsed;
    this.#elapsed = elapsed;
  }
}
