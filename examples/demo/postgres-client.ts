import { Client } from 'pg';
import type { Database, Row } from './database.js';
import { NotReadyError, reasonOf } from './demo-error.js';

const CONNECT_TIMEOUT_MS = 5000;
const QUERY_TIMEOUT_MS = 15_000;

/**
 * One connection to a PostgreSQL, made when it is needed.
 *
 * Any failure drops the connection and is a `NotReadyError`; the next query makes a new one, at
 * the address that `findUrl` gives then.
 */
export class PostgresClient implements Database {
  readonly #findUrl: () => Promise<string>;
  #client: Client | undefined;

  constructor(findUrl: () => Promise<string>) {
    this.#findUrl = findUrl;
  }

  async query(sql: string, values: readonly unknown[] = []): Promise<readonly Row[]> {
    try {
      this.#client ??= await connect(await this.#findUrl());
      const result = await this.#client.query<Row>(sql, [...values]);
      return result.rows;
    } catch (error) {
      await this.close();
      if (error instanceof NotReadyError) throw error;
      throw new NotReadyError(`database: ${reasonOf(error)}`);
    }
  }

  async close(): Promise<void> {
    const client = this.#client;
    this.#client = undefined;
    // A connection that is lost already cannot be ended politely.
    await client?.end().catch(() => undefined);
  }
}

async function connect(connectionString: string): Promise<Client> {
  const client = new Client({
    connectionString,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    query_timeout: QUERY_TIMEOUT_MS,
    keepAlive: true,
  });
  // A connection lost between queries is noticed by the next query.
  client.on('error', () => undefined);
  await client.connect();
  return client;
}
