/** Longest that those who are in wait, in one turn of the event loop, for those who come. */
const SHARE_MS = 3;

/**
 * Handles what clients send until something is served to them. A login costs some milliseconds of the
 * only thread; of a thousand that come at once all could be due in one turn of the event loop, and
 * nobody would be served meanwhile. So newcomers have a share of each turn, and wait in line for it.
 */
export class Newcomers {
  readonly #now: () => number;
  readonly #waiting = new Set<() => void>();
  #spentMs = 0;
  #nextTurn: NodeJS.Immediate | undefined;

  /** @param now milliseconds that only grow */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** How many wait for their turn; each connection once at most. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** Calls `handle` now, or in a later turn where this one's share is used up; false then. */
  take(handle: () => void): boolean {
    this.#nextTurn ??= setImmediate(() => this.#beginTurn());
    if (this.#spentMs < SHARE_MS) {
      this.#spend(handle);
      return true;
    }
    this.#waiting.add(handle);
    return false;
  }

  /** Calls a `handle` that waits at once; one that does not wait is left alone. */
  hasten(handle: () => void): void {
    if (this.#waiting.delete(handle)) this.#spend(handle);
  }

  #beginTurn(): void {
    this.#nextTurn = undefined;
    this.#spentMs = 0;
    for (const handle of this.#waiting) {
      if (this.#spentMs >= SHARE_MS) break;
      this.hasten(handle);
    }
    if (this.#waiting.size > 0) this.#nextTurn ??= setImmediate(() => this.#beginTurn());
  }

  #spend(handle: () => void): void {
    const startedAt = this.#now();
    handle();
    this.#spentMs += this.#now() - startedAt;
  }
}
