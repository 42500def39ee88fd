import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { endLeftClients } from '../tmux/control-connection.js';
import type { TmuxServer } from '../tmux/tmux-server.js';
import { endRuns, findKeeper } from './old-runs.js';
import { LEFT_ALONE } from './pane-life.js';
import type { HomeRuns } from './runs.js';
import { endServers } from './server-process.js';

/** What is configured is not known here. */
const STOP = LEFT_ALONE.policy.stop;

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
  const connections = await Promise.all(keepers.map((name) => findKeeper(join(directory, name))));
  await server.run(['kill-server']);
  for (const connection of connections) await connection?.closed;
  return true;
}

/**
 * Ends all that lives of a home, whose sockets may be gone: each server, which ends its panes, and what does
 * not end with them.
 *
 * @throws UnavailableError when something cannot be ended.
 */
export async function endHome({ runs, servers }: HomeRuns): Promise<void> {
  await endServers(servers.values());
  await endRuns(runs, () => STOP);
}
