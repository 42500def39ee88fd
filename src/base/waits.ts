import type { Clock } from './clock.js';
import { UnavailableError } from './errors.js';

/**
 * Most waits at once, each a closure and a timer: enough for 64 engineers with all that they may
 * follow.
 */
const MAX_WAITING = 1024;

/** Lets a bounded number wait for something to happen, each for a bounded time. */
export class Waits {
  readonly #clock: Clock;
  /** What is waited for, for people. */
  readonly #what: string;
  readonly #endings = new Set<() => void>();

  constructor(clock: Clock, what: string) {
    this.#clock = clock;
    this.#what = what;
  }

  /**
   * Resolves when `endAll` is called, `listen` calls its argument, or the time is over.
   *
   * @param listen returns how it stops.
   * @throws UnavailableError when too many wait already.
   */
  wait(waitMs: number, listen?: (end: () => void) => () => void): Promise<void> {
    if (this.#endings.size >= MAX_WAITING) {
      const text = `${MAX_WAITING} others wait for ${this.#what} already`;
      throw new UnavailableError(text, { hint: 'try again later' });
    }
    return new Promise((resolve) => {
      const end = () => {
        stopListening?.();
        takeBack();
        this.#endings.delete(end);
        resolve();
      };
      const stopListening = listen?.(end);
      const takeBack = this.#clock.after(waitMs, end);
      this.#endings.add(end);
    });
  }

  endAll(): void {
    for (const end of [...this.#endings]) end();
  }
}
