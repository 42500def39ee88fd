import { Counts } from './counts.js';
import { BusyError } from './errors.js';
import { FairQueue } from './fair-queue.js';
import type { Slices } from './slices.js';

/** Longest that steps hold up a turn of the event loop, and then, once more, that work does. */
const SLICE_MS = 1;
/** Most works of one owner at once: ten channels with ten verbs each find room there. */
const MAX_WORKS_OF_OWNER = 128;
/** Most works of all owners at once; each may hold a page of output. */
const MAX_WORKS = 1024;

/** Something that is done step by step, and takes part of a turn of the event loop at a time. */
export interface Steps {
  /** Whose steps they are: owners take turns. */
  readonly owner: string;
  /**
   * Does at least one step, and more while `mayGoOn` says so; returns whether all is done. Must not
   * throw.
   */
  run(mayGoOn: () => boolean): boolean;
}

/**
 * The one share of this process's time that all people who watch or ask have together, whatever they cause:
 * frames, keys, answers to verbs, pages of history, searches, output to clients. A driver's bytes are never
 * behind it.
 *
 * In each turn of the event loop there is a millisecond for steps, which come first, and one slice of a
 * millisecond for work that waits on promises. Both go round by owner, so that ten channels of an engineer
 * have what one has. Nothing else that observers cause may take time of its own.
 */
export class LoopShare {
  readonly #now: () => number;
  readonly #steps = new FairQueue<Steps>();
  readonly #waiting = new FairQueue<() => void>();
  readonly #works = new Counts();
  #worksOfAll = 0;
  #refused = 0;
  #turns = 0;
  /** Time that steps have taken in this turn of the loop. */
  #spentMs = 0;
  #next: NodeJS.Immediate | undefined;

  /** @param now tells milliseconds that only grow. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** How many works were refused because there were too many. */
  get refused(): number {
    return this.#refused;
  }

  /** How many turns there were in which something was done. */
  get turns(): number {
    return this.#turns;
  }

  /**
   * Runs steps at once where this turn of the loop has time left, and the rest in turns to come;
   * returns whether all is done.
   */
  take(steps: Steps): boolean {
    this.#steps.add(steps.owner, steps);
    this.#runSteps();
    return !this.#steps.has(steps.owner, steps);
  }

  /** Runs steps in turns to come. */
  add(steps: Steps): void {
    this.#steps.add(steps.owner, steps);
    this.#ask();
  }

  /** Drops steps that are not done yet. */
  remove(steps: Steps): void {
    this.#steps.delete(steps.owner, steps);
  }

  /**
   * Begins a piece of work whose slices come out of the share; `close` it at its end.
   *
   * @throws BusyError where the owner, or all together, have too much under way.
   */
  open(owner: string): Work {
    if (this.#works.of(owner) >= MAX_WORKS_OF_OWNER || this.#worksOfAll >= MAX_WORKS) {
      this.#refused += 1;
      throw new BusyError('too much is asked at once', { hint: 'try again in a moment' });
    }
    this.#works.add(owner, 1);
    this.#worksOfAll += 1;
    return new Work({
      now: this.#now,
      wait: (begin) => {
        this.#waiting.add(owner, begin);
        this.#ask();
      },
      leave: () => this.#leave(owner),
    });
  }

  /** Does `work` in slices. @throws what `open` throws, and `work`. */
  async during<T>(owner: string, work: (slices: Slices) => Promise<T>): Promise<T> {
    const slices = this.open(owner);
    try {
      return await work(slices);
    } finally {
      slices.close();
    }
  }

  #leave(owner: string): void {
    this.#works.add(owner, -1);
    this.#worksOfAll -= 1;
  }

  #ask(): void {
    this.#next ??= setImmediate(() => this.#beginTurn());
  }

  #beginTurn(): void {
    this.#next = undefined;
    this.#spentMs = 0;
    this.#turns += 1;
    if (!this.#steps.isEmpty) this.#runSteps();
    // The work resolved here goes on as soon as this function has returned, before the loop does
    // anything else.
    this.#waiting.shift()?.();
    if (!this.#waiting.isEmpty) this.#ask();
  }

  #runSteps(): void {
    const startedAt = this.#now();
    const leftMs = SLICE_MS - this.#spentMs;
    const mayGoOn = () => this.#now() - startedAt < leftMs;
    const undone: Steps[] = [];
    while (mayGoOn()) {
      const steps = this.#steps.shift();
      if (steps === undefined) break;
      if (!steps.run(mayGoOn)) undone.push(steps);
    }
    for (const steps of undone) this.#steps.add(steps.owner, steps);
    this.#spentMs += this.#now() - startedAt;
    // Even where nothing waits a turn is asked for, which begins with a new millisecond.
    this.#ask();
  }
}

interface WorkOptions {
  readonly now: () => number;
  readonly wait: (begin: () => void) => void;
  readonly leave: () => void;
}

/** Long work of one owner: it goes on for a slice at a time, whenever its turn comes. */
export class Work implements Slices {
  readonly #options: WorkOptions;
  #startedAtMs = Number.NEGATIVE_INFINITY;
  #isClosed = false;

  constructor(options: WorkOptions) {
    this.#options = options;
  }

  /** Whether the slice has lasted long enough; before the first one, and after a wait, there is none. */
  get isOver(): boolean {
    return this.#options.now() - this.#startedAtMs >= SLICE_MS;
  }

  next(): Promise<void> {
    return new Promise((resolve) => {
      this.#options.wait(() => {
        this.#startedAtMs = this.#options.now();
        resolve();
      });
    });
  }

  /** Idempotent. */
  close(): void {
    if (!this.#isClosed) this.#options.leave();
    this.#isClosed = true;
  }
}
