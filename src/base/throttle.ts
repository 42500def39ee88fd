/** What a line says about the lines left out before it. */
export interface LeftOut {
  /** How many lines like this one were not written since the last that was; absent when all were. */
  readonly suppressed?: number;
}

export interface ThrottleOptions {
  readonly max: number;
  readonly windowMs: number;
  /** Tells milliseconds that only grow. */
  readonly now: () => number;
}

/** Lets at most `max` lines per window through, so that a flood of events does not become one of lines. */
export class Throttle {
  readonly #options: ThrottleOptions;
  #windowEndsAt = Number.NEGATIVE_INFINITY;
  #written = 0;
  #suppressed = 0;

  constructor(options: ThrottleOptions) {
    this.#options = options;
  }

  /**
   * Calls `write`, or counts what it would have written.
   *
   * @returns whether it was called; what it throws leaves the counts as they were.
   */
  write(write: (leftOut: LeftOut) => void): boolean {
    const { max, windowMs, now } = this.#options;
    const at = now();
    if (at >= this.#windowEndsAt) {
      this.#windowEndsAt = at + windowMs;
      this.#written = 0;
    }
    if (this.#written >= max) {
      this.#suppressed += 1;
      return false;
    }
    const leftOut = this.#suppressed === 0 ? {} : { suppressed: this.#suppressed };
    write(leftOut);
    this.#written += 1;
    this.#suppressed = 0;
    return true;
  }
}
