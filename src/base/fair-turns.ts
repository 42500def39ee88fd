import { FairQueue } from './fair-queue.js';

/** Lets work run a few at a time, and owners take turns. Whoever uses it bounds what waits. */
export class FairTurns {
  readonly #maxAtOnce: number;
  readonly #waiting = new FairQueue<() => void>();
  #running = 0;

  constructor(maxAtOnce: number) {
    this.#maxAtOnce = maxAtOnce;
  }

  /** Runs `work` in its owner's turn. @throws what `work` throws. */
  async take<T>(owner: string, work: () => Promise<T>): Promise<T> {
    if (this.#running < this.#maxAtOnce) this.#running += 1;
    else await new Promise<void>((resolve) => this.#waiting.add(owner, resolve));
    try {
      return await work();
    } finally {
      // Whoever is next takes the turn over, so that nobody slips in between.
      const next = this.#waiting.shift();
      if (next === undefined) this.#running -= 1;
      else next();
    }
  }
}
