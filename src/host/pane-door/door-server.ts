import { createServer, type Server, type Socket } from 'node:net';
import type { Clock } from '../../base/clock.js';
import { findDescriptorShortage } from '../../base/descriptors.js';
import { messageOf, RefusedError } from '../../base/errors.js';
import type { Part } from '../../base/part.js';
import { Throttle } from '../../base/throttle.js';
import { KeptSocket } from '../../base/unix-socket.js';
import { visible } from '../../base/visible.js';
import type { Logger } from '../../log/logger.js';
import type { Admission, PaneDoor } from './pane-door.js';
import { readRequestLine } from './request-line.js';
import type { DoorAnswer } from './schema.js';

/** Room for 64 KiB of text with characters that JSON escapes. */
const MAX_REQUEST_BYTES = 256 * 1024;
const MAX_CONNECTIONS = 128;
/** The longest that a request may take to arrive; a program sends it at once. */
const REQUEST_LIMIT_MS = 5_000;
/** The longest that a program may take to read its answer, which may be a whole scrollback. */
const ANSWER_LIMIT_MS = 30_000;
/** The wait before a refusal is told, so that trying again and again costs the host little. */
const REFUSAL_DELAY_MS = 250;
const MINUTE_MS = 60_000;

export interface DoorServerOptions {
  /** The path of the socket, in a private (0700) directory. */
  readonly path: string;
  readonly door: PaneDoor;
  readonly clock: Clock;
  readonly log: Logger;
}

/**
 * Owns the socket of a session's pane door: one request and one answer per connection. Promises that
 * an unfinished request keeps nobody out: when too many connect, the one that has been unfinished
 * longest is dropped; a refused one is unfinished until it is told. It must never read beyond the
 * token where that is not a right one.
 */
export class DoorServer {
  readonly #options: DoorServerOptions;
  readonly #server: Server;
  /** The connections whose request is not whole yet, the oldest first. */
  readonly #unfinished = new Set<Socket>();
  readonly #sockets = new Set<Socket>();
  readonly #drops: Throttle;
  /** The number of connections that were dropped for a newer one. */
  dropped = 0;
  #socket: KeptSocket | undefined;

  private constructor(options: DoorServerOptions) {
    this.#options = options;
    const now = () => options.clock.elapsed();
    this.#drops = new Throttle({ max: 1, windowMs: MINUTE_MS, now });
    this.#server = createServer((socket) => void this.#accept(socket));
  }

  /** @throws RefusedError when another host has the socket. */
  static async listen(options: DoorServerOptions): Promise<DoorServer> {
    const door = new DoorServer(options);
    door.#socket = await KeptSocket.listen(door.#server, {
      name: 'socket of the pane door',
      path: options.path,
      taken: () => new RefusedError('another host has the pane door of this session'),
    });
    door.#server.on('error', (error) => options.log.warn({ error }, 'pane door failed'));
    return door;
  }

  /** The socket, which has to be watched: the commands that run know its path. */
  get parts(): readonly Part[] {
    return this.#socket === undefined ? [] : [this.#socket];
  }

  /** Cuts everybody off and removes the socket. Idempotent. */
  async close(): Promise<void> {
    const closed = this.#socket?.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  async #accept(socket: Socket): Promise<void> {
    const { clock, log } = this.#options;
    this.#sockets.add(socket);
    this.#unfinished.add(socket);
    const stopTimer = clock.after(REQUEST_LIMIT_MS, () => socket.destroy());
    socket.once('close', () => {
      stopTimer();
      this.#sockets.delete(socket);
      this.#unfinished.delete(socket);
    });
    this.#makeRoom();
    try {
      await this.#serve(socket, stopTimer);
    } catch (error) {
      log.debug({ reason: visible(messageOf(error)) }, 'request at the pane door failed');
      socket.destroy();
    }
  }

  async #serve(socket: Socket, stopTimer: () => void): Promise<void> {
    const { door } = this.#options;
    let admission: Admission | undefined;
    const admit = (token: string | undefined) => {
      admission = door.admit(token);
      return 'from' in admission;
    };
    const request = readRequestLine(socket, { maxBytes: MAX_REQUEST_BYTES, admit });
    await Promise.allSettled([request]);
    stopTimer();
    if (admission === undefined) return;
    if (!('from' in admission)) {
      this.#hold(socket, admission);
      return;
    }
    this.#unfinished.delete(socket);
    this.#send(socket, await door.answer(admission.from, request));
  }

  #hold(socket: Socket, answer: DoorAnswer): void {
    const stopTimer = this.#options.clock.after(REFUSAL_DELAY_MS, () => {
      this.#unfinished.delete(socket);
      this.#send(socket, answer);
    });
    socket.once('close', stopTimer);
  }

  #send(socket: Socket, answer: DoorAnswer): void {
    const stopTimer = this.#options.clock.after(ANSWER_LIMIT_MS, () => socket.destroy());
    socket.once('close', stopTimer);
    socket.end(`${JSON.stringify(answer)}\n`);
    // Nothing more is expected on this connection, and what comes must not be kept.
    socket.resume();
  }

  #makeRoom(): void {
    const isRoom = this.#sockets.size <= MAX_CONNECTIONS;
    if (isRoom && findDescriptorShortage() === undefined) return;
    const [oldest] = [...this.#unfinished, ...this.#sockets];
    oldest?.destroy();
    this.dropped += 1;
    this.#drops.write((leftOut) => {
      const facts = { dropped: this.dropped, ...leftOut };
      this.#options.log.warn(facts, 'connection at the pane door dropped, too many');
    });
  }
}
