import type { LoopShare, Steps } from '../../base/loop-share.js';
import type { Moment, ObserverDisplay } from './observer-display.js';

export interface FanOutOptions {
  /** The share of the event loop that all who watch or ask have together. */
  readonly share: LoopShare;
  /** Whose turn it takes in the share: the session's. */
  readonly owner: string;
  /** Everybody who was there has been served; that took `costMs` of this process's time. */
  readonly onDone: (costMs: number) => void;
  /** Milliseconds that only grow. */
  readonly now: () => number;
  /** A display could not be served, which is a bug; the others are. */
  readonly onFailure: (display: ObserverDisplay, error: unknown) => void;
}

/**
 * Serves displays that are due, each with what is newest when its turn comes, as the share of all observers
 * allows. A round is for those who are there when it begins; it comes first, and
 * what becomes due meanwhile neither holds it open nor adds to its cost.
 */
export class FanOut implements Steps {
  readonly owner: string;
  readonly #options: FanOutOptions;
  readonly #round = new Set<ObserverDisplay>();
  readonly #due = new Set<ObserverDisplay>();
  #moment: Moment | undefined;
  #isRound = false;
  #costMs = 0;

  constructor(options: FanOutOptions) {
    this.#options = options;
    this.owner = options.owner;
  }

  /**
   * Makes `moment` the newest and serves everybody; a round that has not ended goes on with it.
   * `onDone` is called even where nobody is there.
   *
   * @param spentMs what making the moment took; it is part of the cost.
   */
  begin(moment: Moment, displays: Iterable<ObserverDisplay>, spentMs = 0): void {
    this.#moment = moment;
    this.#isRound = true;
    this.#costMs += spentMs;
    for (const display of displays) this.#round.add(display);
    this.#options.share.take(this);
  }

  /** Serves one display soon; before the first moment there is nothing to serve. */
  add(display: ObserverDisplay): void {
    if (this.#moment === undefined) return;
    this.#due.add(display);
    this.#options.share.add(this);
  }

  remove(display: ObserverDisplay): void {
    this.#round.delete(display);
    this.#due.delete(display);
  }

  /** Serves nobody any more. Idempotent. */
  close(): void {
    this.#options.share.remove(this);
    this.#round.clear();
    this.#due.clear();
    this.#moment = undefined;
  }

  run(mayGoOn: () => boolean): boolean {
    if (this.#isRound) this.#serveRound(mayGoOn);
    else this.#serveSlice(this.#due, mayGoOn);
    return this.#round.size + this.#due.size === 0;
  }

  #serveRound(mayGoOn: () => boolean): void {
    this.#costMs += this.#serveSlice(this.#round, mayGoOn);
    if (this.#round.size > 0) return;
    const costMs = this.#costMs;
    this.#isRound = false;
    this.#costMs = 0;
    this.#options.onDone(costMs);
  }

  /** @returns how long it took. */
  #serveSlice(displays: Set<ObserverDisplay>, mayGoOn: () => boolean): number {
    const { now } = this.#options;
    const startedAt = now();
    for (const display of displays) {
      displays.delete(display);
      this.#due.delete(display);
      this.#show(display);
      if (!mayGoOn()) break;
    }
    return now() - startedAt;
  }

  #show(display: ObserverDisplay): void {
    if (this.#moment === undefined) return;
    try {
      display.show(this.#moment);
    } catch (error) {
      this.#options.onFailure(display, error);
    }
  }
}
