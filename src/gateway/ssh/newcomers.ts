import type { Socket } from 'node:net';

/** Longest that engineers who are served wait for newcomers in one turn of the event loop. */
const SHARE_MS = 3;

/**
 * Handles what clients send until something is served to them. A login costs some milliseconds of the
 * only thread; of a thousand that come at once all could be due in one turn of the event loop, and
 * nobody would be served meanwhile. So newcomers have a share of each turn, and wait in line for it.
 */
export class Newcomers {
  readonly #now: () => number;
  /** Each connection has one entry at most. */
  readonly #waiting = new Set<() => void>();
  #spentMs = 0;
  #nextTurn: NodeJS.Immediate | undefined;

  /** @param now milliseconds that only grow */
  constructor(now: () => number) {
    this.#now = now;
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
  runNow(handle: () => void): void {
    if (this.#waiting.delete(handle)) this.#spend(handle);
  }

  #beginTurn(): void {
    this.#nextTurn = undefined;
    this.#spentMs = 0;
    for (const handle of this.#waiting) {
      if (this.#spentMs >= SHARE_MS) break;
      this.runNow(handle);
    }
    if (this.#waiting.size > 0) this.#nextTurn ??= setImmediate(() => this.#beginTurn());
  }

  #spend(handle: () => void): void {
    const startedAt = this.#now();
    handle();
    this.#spentMs += this.#now() - startedAt;
  }
}

type Reader = (bytes: Buffer) => void;

/**
 * Lets the readers that a socket has now read in a newcomer's turns, until it has settled in. While a
 * piece waits the socket rests, so that no more than the one is kept here.
 */
export class NewcomerInput {
  readonly #socket: Socket;
  readonly #newcomers: Newcomers;
  readonly #readers: readonly Reader[];
  readonly #receive: Reader = (bytes) => this.#take(bytes);
  #handle: () => void = () => undefined;

  constructor(socket: Socket, newcomers: Newcomers) {
    this.#socket = socket;
    this.#newcomers = newcomers;
    this.#readers = socket.listeners('data') as Reader[];
    for (const reader of this.#readers) socket.off('data', reader);
    socket.on('data', this.#receive);
    // The last words come before the end, even out of turn.
    socket.prependOnceListener('end', () => newcomers.runNow(this.#handle));
  }

  /** Gives the socket back to its readers. Idempotent. */
  settle(): void {
    if (!this.#socket.listeners('data').includes(this.#receive)) return;
    this.#socket.off('data', this.#receive);
    for (const reader of this.#readers) this.#socket.on('data', reader);
  }

  #take(bytes: Buffer): void {
    this.#handle = () => this.#read(bytes);
    if (!this.#newcomers.take(this.#handle)) this.#socket.pause();
  }

  #read(bytes: Buffer): void {
    if (this.#socket.destroyed) return;
    for (const reader of this.#readers) reader(bytes);
    if (this.#socket.isPaused()) this.#socket.resume();
  }
}
