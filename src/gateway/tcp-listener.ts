import { createServer, type Server, type Socket } from 'node:net';
import { ConfigurationError, messageOf, systemCode } from '../base/errors.js';
import { formatAddress, type ListenAddress } from './listen-address.js';

/** A TCP port that is listened on. */
export interface TcpListener {
  /** With the port that the system chose. */
  readonly address: ListenAddress;
  /** Takes no more connections, and resolves when those that were taken have ended. Idempotent. */
  close(): Promise<void>;
}

/**
 * Listens on `address` and hands on each connection, paused, with keystrokes undelayed.
 *
 * @throws ConfigurationError when the address cannot be had.
 */
export async function openListener(
  address: ListenAddress,
  events: { onSocket: (socket: Socket) => void; onError: (error: Error) => void },
): Promise<TcpListener> {
  // Without noDelay each echo waits some 40 ms for the client's acknowledgement.
  const server = createServer({ noDelay: true, keepAlive: true, pauseOnConnect: true });
  server.on('connection', events.onSocket);
  await bind(server, address);
  server.on('error', events.onError);
  const bound = server.address();
  const port = typeof bound === 'object' && bound !== null ? bound.port : address.port;
  return { address: { host: address.host, port }, close: () => closeServer(server) };
}

function bind(server: Server, address: ListenAddress): Promise<void> {
  const { host, port } = address;
  return new Promise((resolve, reject) => {
    server.once('error', (error) => reject(describe(address, error)));
    server.listen(host === '*' ? { port } : { host, port, ipv6Only: host.includes(':') }, () => {
      server.removeAllListeners('error');
      resolve();
    });
  });
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
  });
}

function describe(address: ListenAddress, error: Error): ConfigurationError {
  const place = `cannot listen on ${formatAddress(address)}`;
  const hint = 'choose another address with --listen HOST:PORT, or in config/gateway.yaml';
  switch (systemCode(error)) {
    case 'EADDRINUSE':
      return new ConfigurationError(`${place}: the port is taken by another program`, { hint });
    case 'EACCES':
      return new ConfigurationError(`${place}: this user may not use the port`, { hint });
    case 'EADDRNOTAVAIL':
      return new ConfigurationError(`${place}: this machine does not have the address`, { hint });
    case undefined:
    default:
      return new ConfigurationError(`${place}: ${messageOf(error)}`, { hint, cause: error });
  }
}
