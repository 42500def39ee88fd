import type { Moment, ObserverDisplay } from './observer-display.js';

export interface FanOutOptions {
  /** Everybody has been served with the newest moment; it took `costMs` of this process's time. */
  readonly onDone: (costMs: number) => void;
  /** Milliseconds that only grow. */
  readonly now: () => number;
  /** A display could not be served, which is a bug; the others are. */
  readonly onFailure: (display: ObserverDisplay, error: unknown) => void;
}

/** Longest that drivers' bytes wait for observers. */
const SLICE_MS = 1;

/**
 * Serves displays that are due, each with what is newest when its turn comes, in slices between which the
 * event loop does what else there is. A display waits once, whatever becomes due meanwhile.
 */
export class FanOut {
  readonly #options: FanOutOptions;
  readonly #due = new Set<ObserverDisplay>();
  #moment: Moment | undefined;
  #next: NodeJS.Immediate | undefined;
  #isRound = false;
  #costMs = 0;
  #slices = 0;

  constructor(options: FanOutOptions) {
    this.#options = options;
  }

  /** How many slices there were. */
  get slices(): number {
    return this.#slices;
  }

  /** Makes `moment` the newest and serves everybody. `onDone` is called even where nobody is there. */
  begin(moment: Moment, displays: Iterable<ObserverDisplay>): void {
    this.#moment = moment;
    this.#isRound = true;
    for (const display of displays) this.#due.add(display);
    if (this.#next === undefined) this.#serve();
  }

  /** Serves one display soon; before the first moment there is nothing to serve. */
  add(display: ObserverDisplay): void {
    if (this.#moment === undefined) return;
    this.#due.add(display);
    this.#next ??= setImmediate(() => this.#serve());
  }

  remove(display: ObserverDisplay): void {
    this.#due.delete(display);
  }

  /** Serves nobody any more. Idempotent. */
  close(): void {
    clearImmediate(this.#next);
    this.#due.clear();
    this.#moment = undefined;
  }

  #serve(): void {
    this.#next = undefined;
    this.#serveSlice();
    if (this.#due.size > 0) {
      this.#next ??= setImmediate(() => this.#serve());
      return;
    }
    if (!this.#isRound) return;
    const costMs = this.#costMs;
    this.#isRound = false;
    this.#costMs = 0;
    this.#options.onDone(costMs);
  }

  #serveSlice(): void {
    const { now } = this.#options;
    const startedAt = now();
    let tookMs = 0;
    for (const display of this.#due) {
      this.#due.delete(display);
      this.#show(display);
      tookMs = now() - startedAt;
      if (tookMs >= SLICE_MS) break;
    }
    this.#costMs += tookMs;
    this.#slices += 1;
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
