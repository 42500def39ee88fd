import { createServer } from 'node:net';
import { join } from 'node:path';
import { allOrNothing, type Disposal } from '../base/disposal.js';
import type { SessionName } from '../base/ids.js';
import { LoopShare } from '../base/loop-share.js';
import { KeptSocket } from '../base/unix-socket.js';
import { LINK_SOCKET } from '../config/home.js';
import type { Logger } from '../log/logger.js';
import { RunningGateway, SessionNames, type StopRequest } from './gateway.js';
import { type GatewaySettingsOptions, readGatewaySettings } from './gateway-settings.js';
import { openHomeLog } from './home-files.js';
import { hostTaken, lockGateway } from './home-lock.js';
import { buildHost, openHostRuntime, type RunningHost } from './host.js';
import { type HostSettingsOptions, readHostSettings } from './host-settings.js';
import { longestSocketName } from './runtime-directory.js';
import type { StartOptions } from './start-options.js';

type StartTriadOptions = StartOptions & HostSettingsOptions & GatewaySettingsOptions;

export interface StartedTriad extends RunningHost {
  readonly gateway: RunningGateway;
  /** Says goodbye to everybody and stops; the sessions go on unless they are to end. */
  stop(request: StopRequest): Promise<void>;
}

/**
 * Starts gateway and host in one process (`triad up`): reads everything, binds everything, makes or adopts
 * the sessions, and lets people in.
 *
 * @throws TriadError with what is wrong; nothing is left half-started.
 */
export async function startTriad(options: StartTriadOptions): Promise<StartedTriad> {
  return allOrNothing((disposal) => start(options, disposal), options.stop);
}

async function start(options: StartTriadOptions, disposal: Disposal): Promise<StartedTriad> {
  const { home, environment, cwd, onStep } = options;
  const { log, part } = openHomeLog(home, { path: home.log, level: options.logLevel }, disposal);
  onStep('checking keys, configuration and tmux');
  const settings = await readGatewaySettings(options);
  const hostSettings = await readHostSettings(options);
  const { plans } = hostSettings;
  await lockGateway(home, disposal);
  const runtimeDirectory = await openHostRuntime(options, [longestSocketName(plans)], disposal);
  const claim = await claimHost(runtimeDirectory, log, disposal);
  const names = plans.map(({ name }) => name);
  const sessions = new SessionNames(names);
  const common = { home, environment, runtimeDirectory, share: new LoopShare(), log };
  const onSessions = (now: readonly SessionName[]) => sessions.set(now);
  const parts = [claim, part];
  const running = await buildHost({ ...common, ...hostSettings, onSessions, parts }, disposal);
  const { host } = running;
  options.stop.addEventListener('abort', () => host.letGo());
  const gateway = await RunningGateway.open(
    { ...common, cwd, settings, sessions, link: host.link, parts: [], startCommand: 'up' },
    disposal,
  );
  onStep(`starting ${names.join(', ')}`);
  await host.open();
  await gateway.accept();
  return {
    ...running,
    gateway,
    stop: (request) => {
      // The goodbyes take a moment, in which nothing may be started any more.
      if (!request.endsSessions) host.letGo();
      return gateway.stop(request);
    },
  };
}

/** Keeps a host in a process of its own away while this process is the host. */
async function claimHost(
  runtimeDirectory: string,
  log: Logger,
  disposal: Disposal,
): Promise<KeptSocket> {
  const server = createServer((socket) => socket.destroy());
  const path = join(runtimeDirectory, LINK_SOCKET);
  const socket = await KeptSocket.listen(server, { name: 'link socket', path, taken: hostTaken });
  server.on('error', (error) => log.warn({ error }, 'link socket failed'));
  disposal.defer(() => socket.close());
  return socket;
}
