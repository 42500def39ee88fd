import { createServer, type Server, type Socket } from 'node:net';
import { messageOf, RefusedError, systemCode } from '../base/errors.js';
import { listenOnUnixSocket } from '../base/unix-socket.js';
import { visible } from '../base/visible.js';
import type { Logger } from '../log/logger.js';
import { readMessage } from './message-reader.js';
import { type ControlRequest, type ControlResponse, requestSchema } from './schema.js';

const MAX_REQUEST_BYTES = 1024 * 1024;
const MAX_CONNECTIONS = 64;
/** A local program sends its request at once. */
const REQUEST_LIMIT_MS = 10_000;
/** How long answers may take to go out when the gateway stops. */
const CLOSE_LIMIT_MS = 2_000;

export interface ControlServerOptions {
  /** In a private (0700) directory. */
  readonly path: string;
  readonly handle: (request: ControlRequest) => Promise<ControlResponse>;
  readonly log: Logger;
}

/**
 * Owns the local door: a Unix socket of mode 0600, one request and one answer per connection. Also
 * what makes a home's gateway the only one: two cannot have the socket.
 */
export class ControlServer {
  readonly #options: ControlServerOptions;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

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
    await listenOnUnixSocket(control.#server, {
      path: options.path,
      taken: () =>
        new RefusedError('triad is running here already', {
          hint: 'see it with: triad status; stop it with: triad down',
        }),
    });
    control.#server.on('error', (error) => options.log.warn({ error }, 'control socket failed'));
    return control;
  }

  /** Lets answers that are under way go out, for a bounded time; removes the socket. Idempotent. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
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
    const request = requestSchema.safeParse(await readMessage(socket, MAX_REQUEST_BYTES));
    if (!request.success) throw new RefusedError('control socket: expected a request');
    socket.setTimeout(0);
    const response = await this.#options.handle(request.data);
    socket.end(`${JSON.stringify(response)}\n`);
  }
}
