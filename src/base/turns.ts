import { BusyError } from './errors.js';
import { FairQueue } from './fair-queue.js';

export interface TurnsOptions {
  readonly maxAtOnce: number;
  /** Work beyond this is refused; infinite where the caller bounds what waits. */
  readonly maxWaiting: number;
  /** Called for each piece of work that is refused. */
  readonly onRefused?: () => void;
}

/** Lets work run a few at a time, in its order; where it has owners, they take turns. */
export class Turns {
  readonly #options: TurnsOptions;
  readonly #queue = new FairQueue<() => void>();
  #running = 0;
  #waiting = 0;

  constructor(options: TurnsOptions) {
    this.#options = options;
  }

  /** Whether more work would be refused. */
  get isFull(): boolean {
    const { maxAtOnce, maxWaiting } = this.#options;
    return this.#running >= maxAtOnce && this.#waiting >= maxWaiting;
  }

  /**
   * Runs `work` in its turn.
   *
   * @throws BusyError when too much waits; what `work` throws.
   */
  async take<T>(work: () => T | Promise<T>, owner = ''): Promise<T> {
    if (this.#running < this.#options.maxAtOnce) this.#running += 1;
    else await this.#wait(owner);
    try {
      return await work();
    } finally {
      this.#pass();
    }
  }

  #wait(owner: string): Promise<void> {
    const { maxWaiting, onRefused } = this.#options;
    if (this.isFull) {
      onRefused?.();
      throw new BusyError(`${maxWaiting} others wait already`, { hint: 'try again soon' });
    }
    this.#waiting += 1;
    return new Promise((resolve) => this.#queue.add(owner, resolve));
  }

  /** Hands the turn to the next in line, so that nobody slips in between. */
  #pass(): void {
    const next = this.#queue.shift();
    if (next === undefined) this.#running -= 1;
    else {
      this.#waiting -= 1;
      next();
    }
  }
}

/** Lets work run one after the other, without a bound of its own. */
export function oneByOne(): Turns {
  return new Turns({ maxAtOnce: 1, maxWaiting: Number.POSITIVE_INFINITY });
}
