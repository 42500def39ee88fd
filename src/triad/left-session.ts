import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { endLeftClients } from '../tmux/left-clients.js';
import type { TmuxServer } from '../tmux/tmux-server.js';
import { KeeperConnection } from './keeper-connection.js';

/** A keeper that is there answers at once. */
const CONNECT_LIMIT_MS = 500;

/**
 * Ends a session that a manager which is gone has left running.
 *
 * @param directory where its keepers' sockets are.
 * @returns whether there was one; it resolves when every command in it has ended.
 */
export async function endLeftSession(server: TmuxServer, directory: string): Promise<boolean> {
  if (!(await server.isRunning())) return false;
  const files = await readdir(directory).catch(() => []);
  const keepers = files.filter((name) => name.endsWith('.keeper'));
  await endLeftClients(server);
  const connections = await Promise.all(keepers.map((name) => connect(join(directory, name))));
  await server.run(['kill-server']);
  for (const connection of connections) await connection?.closed;
  return true;
}

async function connect(socketPath: string): Promise<KeeperConnection | undefined> {
  return KeeperConnection.connect({ socketPath, deadlineMs: CONNECT_LIMIT_MS }).catch(
    () => undefined,
  );
}
