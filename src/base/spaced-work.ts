import type { Clock } from './clock.js';

export interface SpacedWorkOptions {
  /** The pause from the end of one run to the beginning of the next. */
  readonly pauseMs: number;
  /** Must not reject. */
  readonly work: () => Promise<void>;
  readonly clock: Clock;
}

/**
 * Does something whenever it is asked for, but never twice at once and never more often than the
 * pause allows: what is asked meanwhile becomes one run afterwards, so that no asking is lost.
 */
export class SpacedWork {
  readonly #options: SpacedWorkOptions;
  #isResting = false;
  #isAsked = false;
  #isClosed = false;
  #stopTimer: () => void = () => undefined;

  constructor(options: SpacedWorkOptions) {
    this.#options = options;
  }

  ask(): void {
    this.#isAsked = true;
    if (!this.#isResting) void this.#run();
  }

  /** Begins no further run; one that is under way goes on. Idempotent. */
  close(): void {
    this.#isClosed = true;
    this.#stopTimer();
  }

  async #run(): Promise<void> {
    if (!this.#isAsked || this.#isClosed) return;
    this.#isAsked = false;
    this.#isResting = true;
    await this.#options.work();
    this.#rest();
  }

  #rest(): void {
    if (this.#isClosed) return;
    const { pauseMs, clock } = this.#options;
    this.#stopTimer = clock.after(pauseMs, () => {
      this.#isResting = false;
      void this.#run();
    });
  }
}
