import { setTimeout as delay } from 'node:timers/promises';
import { Counts } from '../../base/counts.js';
import { RefusedError } from '../../base/errors.js';
import type { Slices } from '../../base/slices.js';
import type { HostLink } from '../../link/host-link.js';
import { LinkLostError } from '../../link/link-lost.js';
import { type AnswerPiece, notePiece } from './command-outcome.js';

/** A right that was taken back ends what is followed within a second. */
const CHECK_INTERVAL_MS = 500;

/** Small beside the seconds that the host waits, large beside the time it takes to ask. */
const REST_MS = 100;

export interface FollowerOptions {
  /** Aborted when nobody reads any more. */
  readonly signal: AbortSignal;
  /** Throws once the person may not follow any more. */
  readonly requireRight: () => void;
  readonly slices: Slices;
}

/**
 * Somebody who reads an answer piece by piece: it waits for them only while they read and may. After each wait
 * their next slice has begun.
 */
export class Follower {
  readonly signal: AbortSignal;
  readonly slices: Slices;
  readonly #requireRight: () => void;
  #work: Promise<unknown> = Promise.resolve();

  constructor({ signal, requireRight, slices }: FollowerOptions) {
    this.signal = signal;
    this.#requireRight = requireRight;
    this.slices = slices;
  }

  /** Settles when the host has done what it was asked for last, whoever still waits for it. */
  get idle(): Promise<void> {
    return this.#work.then(
      () => undefined,
      () => undefined,
    );
  }

  /**
   * Waits for something that the host does.
   *
   * @throws what `work` throws; NotPermittedError; the signal's reason once it is aborted.
   */
  async until<T>(work: Promise<T>): Promise<T> {
    this.#work = work;
    return this.#wait(work);
  }

  /** Takes the next slice if this one is over; for between two pieces that wait for nothing. */
  async turn(): Promise<void> {
    if (this.slices.isOver) await this.slices.next();
    this.signal.throwIfAborted();
  }

  async pause(ms: number): Promise<void> {
    await this.#wait(delay(ms, undefined, { signal: this.signal }));
  }

  /**
   * Pauses after an empty answer: a host that stops answers at once, and must not be asked in a
   * loop.
   */
  async rest(): Promise<void> {
    await this.pause(REST_MS);
  }

  /** Asks the host; a link that was lost is waited for, with sentences about it. */
  async *ask<T>(
    link: Pick<HostLink, 'whenReachable'>,
    ask: () => Promise<T>,
  ): AsyncGenerator<AnswerPiece, T> {
    for (let wasLost = false; ; wasLost = true) {
      try {
        const answer = await this.until(ask());
        if (wasLost) yield notePiece('the host is back');
        return answer;
      } catch (error) {
        if (!(error instanceof LinkLostError)) throw error;
        if (!wasLost) yield notePiece('the host cannot be reached, waiting for it');
        await this.pause(CHECK_INTERVAL_MS);
        await this.#wait(link.whenReachable(this.signal));
      }
    }
  }

  async #wait<T>(work: Promise<T>): Promise<T> {
    // The work may fail when nobody waits for it any more.
    work.catch(() => undefined);
    for (;;) {
      this.signal.throwIfAborted();
      this.#requireRight();
      const outcome = await this.#turn(work);
      if (outcome === 'check again') continue;
      await this.slices.next();
      return outcome.done;
    }
  }

  async #turn<T>(work: Promise<T>): Promise<{ readonly done: T } | 'check again'> {
    const turn = new AbortController();
    const signal = AbortSignal.any([this.signal, turn.signal]);
    const check = delay(CHECK_INTERVAL_MS, 'check again' as const, { signal });
    try {
      return await Promise.race([work.then((done) => ({ done })), check]);
    } finally {
      turn.abort();
    }
  }
}

/** Each answer has the host wait; nobody needs more, and a whole team finds room there. */
const MAX_OF_ENGINEER = 16;

/** Counts the answers that go on, so that nobody has any number of them. */
export class Followers {
  readonly #counts = new Counts();
  #refused = 0;

  /** How many answers were refused since somebody had too many. */
  get refused(): number {
    return this.#refused;
  }

  /**
   * Counts one more until the returned function is called.
   *
   * @throws RefusedError where somebody has too many.
   */
  take(engineer: string): () => void {
    if (this.#counts.of(engineer) >= MAX_OF_ENGINEER) {
      this.#refused += 1;
      throw new RefusedError(`you follow ${MAX_OF_ENGINEER} things already`, {
        hint: 'end one of them and try again',
      });
    }
    this.#counts.add(engineer, 1);
    return () => this.#counts.add(engineer, -1);
  }
}
