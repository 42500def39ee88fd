import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { messageOf, RefusedError, systemCode } from '../../base/errors.js';
import { EXIT, type ExitCode } from '../../base/exit-codes.js';
import { readJsonLine } from '../../base/json-line.js';
import type { Part } from '../../base/part.js';
import { KeptSocket } from '../../base/unix-socket.js';
import { visible } from '../../base/visible.js';
import type { Logger } from '../../log/logger.js';
import type { CommandOutcome } from '../commands/command-outcome.js';
import { type ControlAnswer, type ControlRequest, requestSchema } from './schema.js';

const MAX_REQUEST_BYTES = 1024 * 1024;
const MAX_CONNECTIONS = 64;
/** A local program sends its request at once. */
const REQUEST_LIMIT_MS = 10_000;
/** How often a client is told that work goes on, which may take long. */
const ALIVE_INTERVAL_MS = 15_000;
/** How long answers may take to go out when the gateway stops. */
const CLOSE_LIMIT_MS = 2_000;

export interface ControlServerOptions {
  /** Where the socket is to be, in a private (0700) directory. */
  readonly path: string;
  readonly handle: (request: ControlRequest) => Promise<CommandOutcome>;
  readonly log: Logger;
}

/**
 * Owns the control socket: mode 0600, one request and its answer per connection. Promises that whoever waits learns
 * that the work goes on, and that a home has one gateway: two cannot have the socket. It must never serve another user.
 */
export class ControlServer {
  readonly #options: ControlServerOptions;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #closing = new AbortController();
  #socket: KeptSocket | undefined;

  private constructor(options: ControlServerOptions) {
    this.#options = options;
    this.#server = createServer((socket) => this.#accept(socket));
    this.#server.maxConnections = MAX_CONNECTIONS;
  }

  /**
   * Takes the socket; one that a killed gateway left is replaced.
   *
   * @throws RefusedError when a gateway is running in this home.
   */
  static async listen(options: ControlServerOptions): Promise<ControlServer> {
    const control = new ControlServer(options);
    control.#socket = await KeptSocket.listen(control.#server, {
      name: 'control socket',
      path: options.path,
      taken: () =>
        new RefusedError('triad is running here already', {
          hint: 'see it with: triad status; stop it with: triad down',
        }),
    });
    control.#server.on('error', (error) => options.log.warn({ error }, 'control socket failed'));
    return control;
  }

  /** The socket is to be watched: without it `triad status` reaches nobody. */
  get parts(): readonly Part[] {
    return this.#socket === undefined ? [] : [this.#socket];
  }

  /**
   * Ends answers that go on, and lets others go out, for a bounded time; removes the socket. Idempotent.
   */
  async close(): Promise<void> {
    this.#closing.abort();
    const closed = this.#socket?.close();
    const killer = setTimeout(() => {
      for (const socket of this.#sockets) socket.destroy();
    }, CLOSE_LIMIT_MS);
    await closed;
    clearTimeout(killer);
  }

  #accept(socket: Socket): void {
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
    socket.setTimeout(REQUEST_LIMIT_MS, () => socket.destroy());
    this.#answer(socket).catch((error: unknown) => {
      const reason = visible(messageOf(error));
      if (systemCode(error) !== 'EPIPE') {
        this.#options.log.debug({ reason }, 'control request failed');
      }
      socket.destroy();
    });
  }

  async #answer(socket: Socket): Promise<void> {
    const request = requestSchema.safeParse(await readJsonLine(socket, MAX_REQUEST_BYTES));
    if (!request.success) throw new RefusedError('control socket: expected a request');
    socket.setTimeout(0);
    const alive = setInterval(() => send(socket, { alive: true }), ALIVE_INTERVAL_MS);
    try {
      const { stdout, stderr, exitCode, pieces } = await this.#options.handle(request.data);
      const end = pieces === undefined ? exitCode : await this.#sendPieces(socket, pieces);
      send(socket, { stdout, stderr, exitCode: end });
      socket.end();
    } finally {
      clearInterval(alive);
    }
  }

  /** Each piece waits until the program took the one before. */
  async #sendPieces(
    socket: Socket,
    pieces: NonNullable<CommandOutcome['pieces']>,
  ): Promise<ExitCode> {
    const gone = new AbortController();
    socket.once('close', () => gone.abort());
    if (socket.destroyed) gone.abort();
    const signal = AbortSignal.any([gone.signal, this.#closing.signal]);
    for await (const piece of pieces(signal)) {
      if (piece.kind === 'end') return piece.exitCode;
      if (!send(socket, piece)) await once(socket, 'drain', { signal });
    }
    if (gone.signal.aborted) return EXIT.ok;
    send(socket, { kind: 'note', text: 'triad: the gateway is stopping, try again later\n' });
    return EXIT.tryAgain;
  }
}

/** Sends an answer; tells whether more may follow at once. */
function send(socket: Socket, answer: ControlAnswer): boolean {
  return socket.write(`${JSON.stringify(answer)}\n`);
}
