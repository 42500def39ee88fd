import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { endLeftClients } from '../tmux/control-connection.js';
import type { TmuxServer } from '../tmux/tmux-server.js';
import { endRuns, findKeeper } from './old-runs.js';
import { LEFT_ALONE } from './pane-life.js';
import type { HomeRuns } from './runs.js';
import { endServers } from './server-process.js';

/** How commands are ended here, where the configuration is not known. */
const STOP = LEFT_ALONE.policy.stop;

/**
 * Ends a session that an earlier manager has left running, and resolves when its commands have ended.
 *
 * @param directory has the sockets of its keepers.
 * @returns whether there was such a session.
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
 * Ends all processes of a home, even where its sockets are gone: the tmux servers, which end their panes,
 * and the runs that do not end with them.
 *
 * @throws UnavailableError when something cannot be ended.
 */
export async function endHome({ runs, servers }: HomeRuns): Promise<void> {
  await endServers(servers.values());
  await endRuns(runs, () => STOP);
}
