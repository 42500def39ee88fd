import { createServer, type Server, type Socket } from 'node:net';
import { findDescriptorShortage } from '../../base/descriptors.js';
import { ConfigurationError, messageOf, systemCode } from '../../base/errors.js';
import type { Part } from '../../base/part.js';
import { formatAddress, type ListenAddress } from './listen-address.js';

export interface ListenerEvents {
  readonly onSocket: (socket: Socket) => void;
  readonly onError: (error: Error) => void;
}

/**
 * A TCP port that is listened on. Without a file descriptor nobody can be taken, and libuv would try without a
 * pause: it listens no more until there is one.
 */
export class TcpListener implements Part {
  readonly #server: Server;
  readonly #events: ListenerEvents;
  #address: ListenAddress;
  #isClosed = false;

  private constructor(address: ListenAddress, events: ListenerEvents) {
    this.#address = address;
    this.#events = events;
    // Without noDelay each echo waits some 40 ms for the client's acknowledgement.
    this.#server = createServer({ noDelay: true, keepAlive: true, pauseOnConnect: true });
    this.#server.on('connection', events.onSocket);
  }

  /**
   * Listens on `address` and hands on each connection, paused, with keystrokes undelayed.
   *
   * @throws ConfigurationError when the address cannot be had.
   */
  static async open(address: ListenAddress, events: ListenerEvents): Promise<TcpListener> {
    const listener = new TcpListener(address, events);
    await listener.#bind();
    const bound = listener.#server.address();
    const port = typeof bound === 'object' && bound !== null ? bound.port : address.port;
    listener.#address = { host: address.host, port };
    return listener;
  }

  /** Where it listens, with the port that the system chose. */
  get address(): ListenAddress {
    return this.#address;
  }

  get name(): string {
    return `SSH at ${formatAddress(this.#address)}`;
  }

  findFault(): string | undefined {
    const isAble = this.#server.listening && findDescriptorShortage(1) === undefined;
    return isAble ? undefined : 'takes no connections';
  }

  async makeAgain(): Promise<void> {
    if (this.#isClosed) return;
    const shortage = findDescriptorShortage(1);
    if (shortage !== undefined) {
      this.#server.close();
      throw shortage;
    }
    if (!this.#server.listening) await this.#bind();
  }

  /** Takes no more connections, and resolves when those that were taken have ended. Idempotent. */
  close(): Promise<void> {
    this.#isClosed = true;
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
    });
  }

  #bind(): Promise<void> {
    const { host, port } = this.#address;
    const server = this.#server;
    server.removeAllListeners('error');
    return new Promise((resolve, reject) => {
      server.once('error', (error) => reject(describe(this.#address, error)));
      server.listen(host === '*' ? { port } : { host, port, ipv6Only: host.includes(':') }, () => {
        server.removeAllListeners('error');
        server.on('error', this.#events.onError);
        if (this.#isClosed) server.close();
        resolve();
      });
    });
  }
}

function describe(address: ListenAddress, error: Error): ConfigurationError {
  const problem = `cannot listen on ${formatAddress(address)}`;
  const hint = 'choose another address with --listen HOST:PORT, or in config/gateway.yaml';
  switch (systemCode(error)) {
    case 'EADDRINUSE':
      return new ConfigurationError(`${problem}: the port is taken by another program`, { hint });
    case 'EACCES':
      return new ConfigurationError(`${problem}: this user may not use the port`, { hint });
    case 'EADDRNOTAVAIL':
      return new ConfigurationError(`${problem}: this machine does not have the address`, { hint });
    case undefined:
    default:
      return new ConfigurationError(`${problem}: ${messageOf(error)}`, { hint, cause: error });
  }
}
