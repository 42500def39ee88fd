import { UnavailableError } from '../base/errors.js';

/** Lets work run a few at a time; what comes when too much waits is refused. */
export class Turns {
  readonly #maxAtOnce: number;
  readonly #maxWaiting: number;
  readonly #waiting: (() => void)[] = [];
  #running = 0;
  #refused = 0;

  constructor(maxAtOnce: number, maxWaiting: number) {
    this.#maxAtOnce = maxAtOnce;
    this.#maxWaiting = maxWaiting;
  }

  /** How often there was too much. */
  get refused(): number {
    return this.#refused;
  }

  /**
   * Runs `work` in its turn.
   *
   * @throws UnavailableError when too much waits; what `work` throws.
   */
  async take<T>(work: () => Promise<T>): Promise<T> {
    if (this.#running >= this.#maxAtOnce) await this.#wait();
    else this.#running += 1;
    try {
      return await work();
    } finally {
      this.#pass();
    }
  }

  #wait(): Promise<void> {
    if (this.#waiting.length < this.#maxWaiting) {
      return new Promise((resolve) => this.#waiting.push(resolve));
    }
    this.#refused += 1;
    throw new UnavailableError(`${this.#maxWaiting} others wait already, try again soon`);
  }

  /** Whoever waits longest takes the turn over, so that nobody slips in between. */
  #pass(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#running -= 1;
    else next();
  }
}
