import { randomBytes } from 'node:crypto';
import { chmodSync, lstatSync, mkdirSync, renameSync, rmSync, type Stats } from 'node:fs';
import { createConnection, type Server, type Socket } from 'node:net';
import { dirname, join } from 'node:path';
import lockfile from 'proper-lockfile';
import { findDescriptorShortage } from './descriptors.js';
import { BusyError, ConfigurationError, RefusedError, systemCode } from './errors.js';
import { type FileIdentity, isSameFile } from './named-file.js';
import type { Part } from './part.js';

/**
 * The options of the lock under which a socket is bound; a holder that was killed keeps others out
 * for `stale` ms. proper-lockfile names the lock by the path of the socket, which need not exist.
 */
const LOCK = { stale: 2_000, realpath: false };
const LOCK_RETRIES = { retries: 50, minTimeout: 100, maxTimeout: 100 };
/** The codes of errors by which nobody has the socket, or its owner is closing it at this moment. */
const NOT_THERE = new Set(['ENOENT', 'ECONNREFUSED', 'ECONNRESET', 'ENOTDIR']);

export interface SocketAddress {
  /** The name for people: `socket of the pane door`. */
  readonly name: string;
  /** The path of the socket, in a private (0700) directory. */
  readonly path: string;
  /** What to throw where another process has the socket. */
  readonly taken: () => Error;
}

/**
 * A server's Unix socket of mode 0600. One that a killed process left is replaced, so it is also what
 * makes its owner the only one: two cannot have the socket. Where somebody takes it away it is made again
 * at the same path; who is connected stays so. Without a file descriptor nobody can be taken, and libuv would
 * try without a pause: it listens no more until there is one, and the lock keeps others away until then.
 */
export class KeptSocket implements Part {
  readonly #server: Server;
  readonly #address: SocketAddress;
  /** The socket that we have put there, to know it from what others put there. */
  #bound: FileIdentity | undefined;
  #isClosed = false;
  /** Releases the lock that is held while no connection can be accepted. */
  #release: (() => Promise<void>) | undefined;

  private constructor(server: Server, address: SocketAddress) {
    this.#server = server;
    this.#address = address;
  }

  /** @throws what `taken` makes when somebody answers there. */
  static async listen(server: Server, address: SocketAddress): Promise<KeptSocket> {
    const socket = new KeptSocket(server, address);
    await inTurn(address, () => socket.#bind());
    return socket;
  }

  get name(): string {
    return this.#address.name;
  }

  findFault(): string | undefined {
    if (this.#release !== undefined || findDescriptorShortage(1) !== undefined) {
      return 'takes no connections';
    }
    const status = statusOf(this.#address.path);
    if (status === undefined) return 'was removed';
    if (!isSameFile(status, this.#bound)) return 'was replaced by something else';
    if (status.uid !== process.getuid?.()) return 'belongs to another user';
    return (status.mode & 0o777) === 0o600 ? undefined : 'has other permissions';
  }

  async makeAgain(): Promise<void> {
    const { path } = this.#address;
    if (this.#isClosed) return;
    const shortage = findDescriptorShortage(1);
    if (shortage !== undefined) {
      await this.#rest();
      throw shortage;
    }
    if (this.#release !== undefined) {
      await this.#bind();
      await this.#letOthers();
      return;
    }
    const status = statusOf(path);
    if (isSameFile(status, this.#bound)) {
      if (status?.uid === process.getuid?.()) {
        chmodSync(path, 0o600);
        return;
      }
      rmSync(path);
    }
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    await inTurn(this.#address, () => this.#bind());
  }

  /** Stops listening, and removes the socket if it is still ours; resolves when all connections are closed. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const { path } = this.#address;
    if (isSameFile(statusOf(path), this.#bound)) rmSync(path, { force: true });
    await this.#letOthers();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** Stops listening until a descriptor is free; connections that are open go on. */
  async #rest(): Promise<void> {
    if (this.#release !== undefined) return;
    this.#release = await takeTurn(this.#address);
    this.#server.close();
    if (this.#isClosed) await this.#letOthers();
  }

  async #letOthers(): Promise<void> {
    const release = this.#release;
    this.#release = undefined;
    await release?.();
  }

  /**
   * Binds the socket under another name first, so that nobody meets it without its permissions, and
   * Node, which removes the name that it has bound when it closes a server, removes no other's.
   */
  async #bind(): Promise<void> {
    const { path, taken } = this.#address;
    if (statusOf(path)?.isDirectory() === true) {
      throw new ConfigurationError(`${path}: is a folder`, {
        hint: `move it away: mv ${path} ${path}.away`,
      });
    }
    const owner = await reach(path);
    owner?.destroy();
    if (owner !== undefined) throw taken();
    if (this.#isClosed) return;
    const temporary = join(dirname(path), `.${randomBytes(3).toString('hex')}`);
    if (this.#server.listening) this.#server.close();
    await listen(this.#server, temporary);
    renameSync(temporary, path);
    this.#bound = statusOf(path);
  }
}

/** Does `work` while no other process is at it. */
async function inTurn(address: SocketAddress, work: () => Promise<void>): Promise<void> {
  const release = await takeTurn(address);
  try {
    await work();
  } finally {
    await release();
  }
}

async function takeTurn({ path, taken }: SocketAddress): Promise<() => Promise<void>> {
  try {
    const release = await lockfile.lock(path, {
      ...LOCK,
      retries: LOCK_RETRIES,
      // The default throws from a timer; whether somebody answers is what counts.
      onCompromised: () => undefined,
    });
    // This fails where somebody has taken the lock away: then it is released already.
    return () => release().catch(() => undefined);
  } catch (error) {
    throw systemCode(error) === 'ELOCKED' ? taken() : error;
  }
}

/** Whether a process serves the socket. */
export async function isAnswering(path: string): Promise<boolean> {
  const socket = await reach(path);
  socket?.destroy();
  return socket !== undefined || (await isLocked(path));
}

/**
 * Whether a process holds the lock, as a server does that has no file descriptor left for
 * connections.
 */
function isLocked(path: string): Promise<boolean> {
  return lockfile.check(path, LOCK).catch(() => false);
}

/**
 * Connects to a socket that nobody but this user can have made: it and its directory are this
 * user's, and the directory is closed to others (unix(7), "Pathname socket ownership and permissions").
 *
 * @returns undefined when nobody has the socket.
 * @throws RefusedError when somebody else may have made it; BusyError when its owner can take nobody now.
 */
export async function connectToUnixSocket(path: string): Promise<Socket | undefined> {
  const socket = await reach(path);
  if (socket !== undefined || !(await isLocked(path))) return socket;
  throw new BusyError('triad runs, but takes no connections now', {
    hint: 'it may have no file descriptor left (ulimit -n), see its log; then try again',
  });
}

function reach(path: string): Promise<Socket | undefined> {
  if (!isOwn(path)) return Promise.resolve(undefined);
  return new Promise((resolve, reject) => {
    const socket = createConnection(path);
    socket.once('connect', () => resolve(socket));
    socket.once('error', (error) => {
      if (NOT_THERE.has(systemCode(error) ?? '')) resolve(undefined);
      else reject(error);
    });
  });
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    const before = process.umask(0o177);
    server.listen(path, () => {
      server.removeListener('error', reject);
      chmodSync(path, 0o600);
      resolve();
    });
    process.umask(before);
  });
}

function statusOf(path: string): Stats | undefined {
  try {
    return lstatSync(path);
  } catch (error) {
    if (NOT_THERE.has(systemCode(error) ?? '')) return undefined;
    throw error;
  }
}

/** Whether the socket is there and this user's; root may use the sockets of others. */
function isOwn(path: string): boolean {
  const uid = process.getuid?.();
  try {
    const [socket, directory] = [lstatSync(path), lstatSync(dirname(path))];
    const isPrivate =
      uid === 0 || (socket.uid === uid && directory.uid === uid && (directory.mode & 0o077) === 0);
    if (isPrivate) return true;
  } catch (error) {
    const code = systemCode(error) ?? '';
    if (NOT_THERE.has(code)) return false;
    if (code !== 'EACCES') throw error;
  }
  throw new RefusedError(`${path}: belongs to another user, or others may write beside it`);
}
