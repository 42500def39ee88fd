import { createServer } from 'node:net';
import { join } from 'node:path';
import { allOrNothing, type Disposal } from '../base/disposal.js';
import type { SessionName } from '../base/ids.js';
import { LoopShare } from '../base/loop-share.js';
import type { ReloadReport } from '../base/reload-report.js';
import type { SessionDescription } from '../base/session-description.js';
import { KeptSocket } from '../base/unix-socket.js';
import type { Logger, LogLevel } from '../log/logger.js';
import { hostTaken, lockGateway } from './home-lock.js';
import { longestSocketName } from './host.js';
import { type DifferentSession, makeHost, openHostRuntime } from './host-process.js';
import { openHomeLog } from './log-file.js';
import { type GatewayFacts, openControl, openGateway, type StopRequest } from './open-gateway.js';
import { LINK_SOCKET } from './places.js';
import { SessionNames } from './session-names.js';
import { readSettings, type SettingsOptions } from './settings.js';

export interface TriadOptions extends SettingsOptions {
  readonly logLevel: LogLevel;
  /** Tells the person who waits what is being done. */
  readonly onStep: (step: string) => void;
  /** Aborted where somebody asks for a stop before the start has come to its end. */
  readonly stop: AbortSignal;
}

/** Gateway and host in one process: what `triad up` runs. */
export interface RunningTriad extends GatewayFacts {
  /** Sessions that were found running with other panes than planned, and which panes those are. */
  readonly different: readonly DifferentSession[];
  describe(): Promise<readonly SessionDescription[]>;
  /** Applies what `triad.yaml` says now. @throws ConfigurationError when it is wrong. */
  reload(): Promise<ReloadReport>;
  /** Says goodbye to everybody and stops; the sessions go on unless they are to end. */
  stop(request: StopRequest): Promise<void>;
}

/**
 * Reads everything, binds everything, makes or adopts the sessions, and lets people in.
 *
 * @throws TriadError with what is wrong; nothing is left half-started.
 */
export async function startTriad(options: TriadOptions): Promise<RunningTriad> {
  return allOrNothing((disposal) => start(options, disposal), options.stop);
}

async function start(options: TriadOptions, disposal: Disposal): Promise<RunningTriad> {
  const { home, environment, cwd, onStep } = options;
  const { log, part } = openHomeLog(home, { path: home.log, level: options.logLevel }, disposal);
  onStep('checking keys, configuration and tmux');
  const settings = await readSettings(options);
  const { plans } = settings;
  await lockGateway(home, disposal);
  const runtimeDirectory = await openHostRuntime(options, [longestSocketName(plans)], disposal);
  const control = await openControl({ runtimeDirectory, runtimeLink: home.run }, log, disposal);
  const claim = await claimHost(runtimeDirectory, log, disposal);
  const names = plans.map(({ name }) => name);
  const sessions = new SessionNames(names);
  const share = new LoopShare();
  const onSessions = (now: readonly SessionName[]) => sessions.set(now);
  const { host, different } = await makeHost(
    {
      ...{ home, environment, ...settings, runtimeDirectory, log },
      ...{ onSessions, share, parts: [claim, part] },
    },
    disposal,
  );
  options.stop.addEventListener('abort', () => host.letGo());
  const gateway = await openGateway(
    { home, environment, cwd, settings, log, link: host, sessions, share, startCommand: 'up' },
    disposal,
  );
  onStep(`starting ${names.join(', ')}`);
  await host.open();
  const facts = await gateway.accept(control);
  return Object.assign(facts, {
    different,
    describe: () => host.describe(),
    reload: () => host.reload(),
    stop: (request: StopRequest) => {
      // The goodbyes take a moment, in which nothing may be started any more.
      if (!request.endsSessions) host.letGo();
      return gateway.stop(request);
    },
  });
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
