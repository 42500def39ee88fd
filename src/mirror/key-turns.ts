/** Longest that the keys of all observers together hold up a turn of the event loop. */
const TURN_MS = 1;

/** Somebody whose keys wait. */
export interface Typist {
  /** Follows keys as long as it may go on, at least one; whether all are done. */
  follow(mayGoOn: () => boolean): boolean;
  /** They could not be followed, which is a bug; the others' are. */
  fail(error: unknown): void;
}

/**
 * Follows what observers type: at once as a rule, and in turns when it is much, between which the event
 * loop does what else there is. Each typist waits once.
 */
export class KeyTurns {
  readonly #now: () => number;
  readonly #waiting = new Set<Typist>();
  #next: NodeJS.Immediate | undefined;
  /** Of this turn of the loop. */
  #spentMs = 0;

  /** @param now tells milliseconds that only grow. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** Whether all keys are done already; if not, they are in turns to come. */
  take(typist: Typist): boolean {
    this.#waiting.add(typist);
    this.#serve();
    return !this.#waiting.has(typist);
  }

  remove(typist: Typist): void {
    this.#waiting.delete(typist);
  }

  #serve(): void {
    const startedAt = this.#now();
    const leftMs = TURN_MS - this.#spentMs;
    const mayGoOn = () => this.#now() - startedAt < leftMs;
    for (const typist of this.#waiting) {
      if (!mayGoOn()) break;
      // Who is not done waits behind the others.
      this.#waiting.delete(typist);
      if (!this.#follow(typist, mayGoOn)) this.#waiting.add(typist);
    }
    this.#spentMs += this.#now() - startedAt;
    this.#next ??= setImmediate(() => this.#begin());
  }

  #begin(): void {
    this.#next = undefined;
    this.#spentMs = 0;
    if (this.#waiting.size > 0) this.#serve();
  }

  #follow(typist: Typist, mayGoOn: () => boolean): boolean {
    try {
      return typist.follow(mayGoOn);
    } catch (error) {
      typist.fail(error);
      return true;
    }
  }
}
