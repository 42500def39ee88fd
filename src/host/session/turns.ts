import { BusyError } from '../../base/errors.js';

export interface TurnsOptions {
  readonly maxAtOnce: number;
  readonly maxWaiting: number;
  /** Called for each that is refused. */
  readonly onRefused: () => void;
}

/** Lets work run a few at a time; what comes when too much waits is refused. */
export class Turns {
  readonly #options: TurnsOptions;
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor(options: TurnsOptions) {
    this.#options = options;
  }

  /**
   * Runs `work` in its turn.
   *
   * @throws BusyError when too much waits; what `work` throws.
   */
  async take<T>(work: () => Promise<T>): Promise<T> {
    if (this.#running >= this.#options.maxAtOnce) await this.#wait();
    else this.#running += 1;
    try {
      return await work();
    } finally {
      this.#pass();
    }
  }

  #wait(): Promise<void> {
    const { maxWaiting, onRefused } = this.#options;
    if (this.#waiting.length < maxWaiting) {
      return new Promise((resolve) => this.#waiting.push(resolve));
    }
    onRefused();
    throw new BusyError(`${maxWaiting} others wait already`, { hint: 'try again soon' });
  }

  /** Whoever waits longest takes the turn over, so that nobody slips in between. */
  #pass(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#running -= 1;
    else next();
  }
}
