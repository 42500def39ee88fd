import { setImmediate } from 'node:timers/promises';

/** The longest that a slice of long work holds up the event loop. */
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

/**
 * The slices of work that nobody asked for, one such at a time; all other work gets its slices from
 * `LoopShare`.
 */
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
