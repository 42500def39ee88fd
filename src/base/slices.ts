import { setImmediate } from 'node:timers/promises';

/** Longest that a slice of long work holds up what else there is. */
const SLICE_MS = 2;

/** Slices of long work, between which the event loop does what else there is. */
export interface Slices {
  /** Whether the slice has lasted long enough. */
  readonly isOver: boolean;
  /** Resolves when the next one begins. */
  next(): Promise<void>;
}

/** Does work in slices of somebody's share. */
export type InSlices = <T>(work: (slices: Slices) => Promise<T>) => Promise<T>;

/** Those of work that nobody asked for, of which there is one at a time: `LoopShare` has all others. */
export class OwnSlices implements Slices {
  readonly #now: () => number;
  #startedAtMs: number;

  /** @param now tells milliseconds that only grow. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
    this.#startedAtMs = now();
  }

  get isOver(): boolean {
    return this.#now() - this.#startedAtMs >= SLICE_MS;
  }

  async next(): Promise<void> {
    await setImmediate();
    this.#startedAtMs = this.#now();
  }
}
