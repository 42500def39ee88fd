import type { Socket } from 'node:net';
import type { Newcomers } from './newcomers.js';

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
    socket.prependOnceListener('end', () => newcomers.hasten(this.#handle));
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
