import { join } from 'node:path';
import { allOrNothing, type Disposal } from '../base/disposal.js';
import { LoopShare } from '../base/loop-share.js';
import { LINK_SOCKET } from '../config/home.js';
import { LinkServer } from '../link/link-server.js';
import type { Logger } from '../log/logger.js';
import { openHomeLog } from './home-files.js';
import { hostTaken } from './home-lock.js';
import { buildHost, openHostRuntime, type RunningHost } from './host.js';
import { type HostSettingsOptions, readHostSettings } from './host-settings.js';
import { longestSocketName } from './runtime-directory.js';
import type { StartOptions } from './start-options.js';

type StartHostOptions = StartOptions & HostSettingsOptions;

export interface StartedHost extends RunningHost {
  readonly log: Logger;
  /** The socket at which the gateway reaches the host. */
  readonly socket: string;
  /** Stops; the sessions go on. */
  stop(): Promise<void>;
}

/**
 * Starts the host in a process of its own (`triad host`): reads everything, makes or adopts the sessions,
 * and answers the gateway.
 *
 * @throws TriadError with what is wrong; nothing is left half-started.
 */
export async function startHost(options: StartHostOptions): Promise<StartedHost> {
  return allOrNothing((disposal) => start(options, disposal), options.stop);
}

async function start(options: StartHostOptions, disposal: Disposal): Promise<StartedHost> {
  const { home, environment, logLevel: level, onStep } = options;
  const { log, part } = openHomeLog(home, { path: home.hostLog, level }, disposal);
  onStep('checking configuration and tmux');
  const settings = await readHostSettings(options);
  const { plans } = settings;
  const names = [longestSocketName(plans), LINK_SOCKET];
  const runtimeDirectory = await openHostRuntime(options, names, disposal);
  const socket = join(runtimeDirectory, LINK_SOCKET);
  const server = await LinkServer.listen({ path: socket, log, taken: hostTaken });
  disposal.defer(() => server.close());
  const running = await buildHost(
    {
      ...{ home, environment, ...settings, runtimeDirectory, log },
      ...{ share: new LoopShare(), onSessions: () => undefined },
      parts: [...server.parts, part],
    },
    disposal,
  );
  onStep(`starting ${plans.map(({ name }) => name).join(', ')}`);
  await running.host.open();
  server.serve(running.host.link);
  return { ...running, log, socket, stop: () => disposal.close() };
}
