import { chmodSync, lstatSync, rmSync } from 'node:fs';
import { createConnection, type Server, type Socket } from 'node:net';
import { dirname } from 'node:path';
import lockfile from 'proper-lockfile';
import { RefusedError, systemCode } from './errors.js';

/** Whoever holds this lock binds a socket; a holder that was killed blocks others this long. */
const LOCK_STALE_MS = 2_000;
const LOCK_RETRIES = { retries: 50, minTimeout: 100, maxTimeout: 100 };
/** Nobody has the socket, or its owner is closing it at this moment. */
const NOT_THERE = new Set(['ENOENT', 'ECONNREFUSED', 'ECONNRESET', 'ENOTDIR']);

export interface SocketPlace {
  /** In a private (0700) directory. */
  readonly path: string;
  /** What to throw where another process has the socket. */
  readonly taken: () => Error;
}

/**
 * Makes `server` listen on a Unix socket of mode 0600; one that a killed process left is replaced.
 * So it is also what makes its owner the only one: two cannot have the socket.
 *
 * @throws what `taken` makes when somebody answers there.
 */
export async function listenOnUnixSocket(server: Server, place: SocketPlace): Promise<void> {
  const { path } = place;
  const release = await lockfile.lock(dirname(path), {
    lockfilePath: `${path}.lock`,
    stale: LOCK_STALE_MS,
    retries: LOCK_RETRIES,
    // The default throws from a timer; `isAnswering` is what counts.
    onCompromised: () => undefined,
  });
  try {
    if (await isAnswering(path)) throw place.taken();
    rmSync(path, { force: true });
    await bind(server, path);
  } finally {
    await release();
  }
}

/** Whether a process has the socket. */
export async function isAnswering(path: string): Promise<boolean> {
  const socket = await connectToUnixSocket(path);
  socket?.destroy();
  return socket !== undefined;
}

/**
 * Connects to a socket that nobody but this user can have made: it and its directory are this
 * user's, and the directory is closed to others (unix(7), "Pathname socket ownership and permissions").
 *
 * @returns undefined when nobody has the socket.
 * @throws RefusedError when somebody else may have made it.
 */
export function connectToUnixSocket(path: string): Promise<Socket | undefined> {
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

function bind(server: Server, path: string): Promise<void> {
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

/** Whether the socket is there and this user's; root may use those of others. */
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
