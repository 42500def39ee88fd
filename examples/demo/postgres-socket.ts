import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { pipeline } from 'node:stream/promises';
import type { PGlite } from '@electric-sql/pglite';
import { DemoError } from './demo-error.js';
import { greeting, RequestReader, typedMessage } from './postgres-messages.js';

const ROLLBACK = typedMessage('Q', Buffer.from('ROLLBACK\0'));

/** The worker, and a few people with psql. */
const MAX_CONNECTIONS = 8;

/**
 * What clients want to know of a server. PGlite is not asked: a start-up that it refuses would end
 * the session that all share.
 */
const PARAMETERS = {
  server_version: '18.0',
  server_encoding: 'UTF8',
  client_encoding: 'UTF8',
  DateStyle: 'ISO, MDY',
  TimeZone: 'GMT',
  integer_datetimes: 'on',
  standard_conforming_strings: 'on',
};

/**
 * A PGlite on a Unix socket, beside queries in this process.
 *
 * All connections share the one session of PGlite. So each query runs whole or not at all, nothing
 * comes between its messages, and a transaction that stays open ends its connection.
 * (PGlite's own socket server mixes them, and never answers again after a client died in a query.)
 */
export class PostgresSocket {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(pglite: PGlite) {
    this.#server = createServer((socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
      // How a client goes away is its own affair.
      pipeline(socket, (chunks) => answer(chunks, pglite), socket).catch(() => undefined);
    });
    this.#server.maxConnections = MAX_CONNECTIONS;
  }

  static async open(pglite: PGlite, path: string): Promise<PostgresSocket> {
    const postgres = new PostgresSocket(pglite);
    postgres.#server.listen(path);
    await once(postgres.#server, 'listening');
    return postgres;
  }

  /** Ends at once; queries under way are finished, but not answered. */
  async close(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }
}

async function* answer(
  chunks: AsyncIterable<Buffer>,
  pglite: PGlite,
): AsyncGenerator<Uint8Array, void> {
  const reader = new RequestReader();
  for await (const chunk of chunks) {
    reader.push(chunk);
    for (let request = reader.next(); request !== undefined; request = reader.next()) {
      switch (request.kind) {
        case 'encryption':
          yield Buffer.from('N');
          break;
        case 'session':
          yield greeting(PARAMETERS);
          break;
        case 'batch':
          yield await execute(pglite, request.messages);
          break;
        case 'end':
          return;
      }
    }
  }
}

async function execute(pglite: PGlite, messages: readonly Buffer[]): Promise<Uint8Array> {
  return pglite.runExclusive(async () => {
    const replies: Uint8Array[] = [];
    for (const message of messages) replies.push(await pglite.execProtocolRaw(message));
    if (pglite.isInTransaction()) {
      await pglite.execProtocolRaw(ROLLBACK);
      throw new DemoError('a transaction was left open');
    }
    return Buffer.concat(replies);
  });
}
