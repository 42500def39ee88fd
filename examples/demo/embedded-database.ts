import { access, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { vector } from '@electric-sql/pglite-pgvector';
import { findAddress, publishAddress, withdrawAddress } from './address-file.js';
import type { Database, Row } from './database.js';
import { DemoError } from './demo-error.js';
import { tryLock } from './file-lock.js';
import { PostgresSocket } from './postgres-socket.js';
import { openSocketDir, removeLeftSocketDir, type SocketDir } from './socket-dir.js';

export interface EmbeddedDatabaseOptions {
  readonly stateDir: string;
  readonly runtimeDir: string | undefined;
  /** Told what takes long, in a sentence. */
  readonly onProgress: (sentence: string) => void;
}

/** A PostgreSQL inside this process (PGlite), open to others of this user on a Unix socket. */
export class EmbeddedDatabase implements Database {
  readonly #pglite: PGlite;
  readonly #closers: (() => unknown)[];

  private constructor(pglite: PGlite, closers: (() => unknown)[]) {
    this.#pglite = pglite;
    this.#closers = closers;
  }

  /** @throws DemoError where the data directory is in use or damaged. */
  static async open(options: EmbeddedDatabaseOptions): Promise<EmbeddedDatabase> {
    const dataDir = join(options.stateDir, 'db');
    const unlock = tryLock(join(options.stateDir, 'db.lock'));
    if (unlock === undefined) {
      throw new DemoError(`the data directory ${dataDir} is in use by another process`);
    }
    if (!(await exists(dataDir))) {
      options.onProgress('making the database, which takes a few seconds');
      await createDataDir(dataDir);
    }
    const pglite = await openDataDir(dataDir);
    const closers = [unlock, () => pglite.close()];
    const database = new EmbeddedDatabase(pglite, closers);
    try {
      await database.#listen(options);
    } catch (error) {
      await database.close();
      throw error;
    }
    return database;
  }

  async query(sql: string, values: readonly unknown[] = []): Promise<readonly Row[]> {
    try {
      const result = await this.#pglite.query<Row>(sql, [...values]);
      return result.rows;
    } catch (error) {
      throw new DemoError('the embedded database failed', { cause: error });
    }
  }

  /** Gives back the space of deleted rows and of the log: there is no background process for it. */
  async compact(): Promise<void> {
    await this.#pglite.exec('VACUUM agent_memory');
    await this.#pglite.exec('CHECKPOINT');
  }

  async close(): Promise<void> {
    for (const close of this.#closers.splice(0).reverse()) await close();
  }

  async #listen({ stateDir, runtimeDir }: EmbeddedDatabaseOptions): Promise<void> {
    const socketDir = await replaceSocketDir(stateDir, runtimeDir);
    this.#closers.push(() => socketDir.remove());
    const socket = await PostgresSocket.open(this.#pglite, socketDir.socketPath);
    this.#closers.push(() => socket.close());
    const address = { url: connectionUrl(socketDir.path) };
    await publishAddress(stateDir, 'database', address);
    this.#closers.push(() => withdrawAddress(stateDir, 'database', address));
  }
}

/** Creates the database whole or not at all: a start that is killed leaves only a draft behind. */
async function createDataDir(dataDir: string): Promise<void> {
  const draft = `${dataDir}.new`;
  await rm(draft, { recursive: true, force: true });
  const pglite = await PGlite.create({ dataDir: draft });
  await pglite.close();
  await rename(draft, dataDir);
}

async function openDataDir(dataDir: string): Promise<PGlite> {
  try {
    // PGlite would silently begin anew in a directory without this file.
    await access(join(dataDir, 'PG_VERSION'));
    return await PGlite.create({ dataDir, extensions: { vector } });
  } catch (error) {
    throw new DemoError(
      `the data directory is damaged: move ${dataDir} away, and the next start makes a new one`,
      { cause: error },
    );
  }
}

async function replaceSocketDir(
  stateDir: string,
  runtimeDir: string | undefined,
): Promise<SocketDir> {
  const left = await findAddress(stateDir, 'database').catch(() => undefined);
  if (left !== undefined) await removeLeftSocketDir(socketDirOf(left.url), stateDir);
  return openSocketDir(stateDir, runtimeDir);
}

/** A connection string that psql(1) understands as well. */
function connectionUrl(socketDir: string): string {
  return `postgresql:///postgres?user=postgres&host=${encodeURIComponent(socketDir)}`;
}

function socketDirOf(url: string): string {
  return new URL(url).searchParams.get('host') ?? '';
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
