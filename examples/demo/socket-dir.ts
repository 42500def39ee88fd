import { lstat, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** libpq and pg derive the name of the socket from the port, 5432 by default. */
const SOCKET_NAME = '.s.PGSQL.5432';

/** unix(7): `sun_path` has 108 bytes, the final NUL included. */
const MAX_SOCKET_PATH_BYTES = 107;

/** Where the embedded database listens: a directory for its owner alone. */
export interface SocketDir {
  readonly path: string;
  readonly socketPath: string;
  remove(): Promise<void>;
}

/**
 * Chooses the state directory, or a private temporary one where its path is too long for a socket.
 *
 * The caller holds the lock of `stateDir`: a socket that is there is a dead process's and removed.
 */
export async function openSocketDir(
  stateDir: string,
  runtimeDir: string | undefined,
): Promise<SocketDir> {
  const isShort = Buffer.byteLength(join(stateDir, SOCKET_NAME)) <= MAX_SOCKET_PATH_BYTES;
  const path = isShort ? stateDir : await mkdtemp(join(runtimeDir ?? tmpdir(), 'triad-demo-'));
  const socketPath = join(path, SOCKET_NAME);
  await rm(socketPath, { force: true });
  return {
    path,
    socketPath,
    remove: () => rm(isShort ? socketPath : path, { recursive: true, force: true }),
  };
}

/** Removes the temporary directory that a killed predecessor published, if it is ours and private. */
export async function removeLeftSocketDir(path: string, stateDir: string): Promise<void> {
  if (path === stateDir) return;
  const found = await lstat(path).catch(() => undefined);
  const isOurs = found?.isDirectory() === true && found.uid === process.getuid?.();
  if (isOurs && /\/triad-demo-[^/]+$/.test(path)) await rm(path, { recursive: true, force: true });
}
