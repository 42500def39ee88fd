import { join } from 'node:path';
import { allOrNothing, type Disposal } from '../base/disposal.js';
import type { PaneName, SessionName } from '../base/ids.js';
import { LoopShare } from '../base/loop-share.js';
import type { Part } from '../base/part.js';
import type { ReloadReport } from '../base/reload-report.js';
import type { SessionDescription } from '../base/session-description.js';
import type { LocalHost } from '../host/session/local-host.js';
import { LinkServer } from '../link/link-server.js';
import type { Logger, LogLevel } from '../log/logger.js';
import { hostTaken, lockHost } from './home-lock.js';
import { createHost, findRuntimeInUse, longestSocketName } from './host.js';
import { type HostSettings, type HostSettingsOptions, readHostSettings } from './host-settings.js';
import { openHomeLog } from './log-file.js';
import { LINK_SOCKET } from './places.js';
import { openRuntime } from './runtime.js';

export interface HostProcessOptions extends HostSettingsOptions {
  readonly logLevel: LogLevel;
  /** Tells the person who waits what is being done. */
  readonly onStep: (step: string) => void;
  /** Aborted where somebody asks for a stop before the start has come to its end. */
  readonly stop: AbortSignal;
}

/** The host in a process of its own: what `triad host` runs. */
export interface HostProcess {
  readonly log: Logger;
  /** Where the gateway reaches it. */
  readonly socket: string;
  /** Sessions that were found running with other panes than planned, and which panes those are. */
  readonly different: readonly DifferentSession[];
  /** Settles when every session was ended because the gateway asked for it. */
  readonly allEnded: Promise<void>;
  describe(): Promise<readonly SessionDescription[]>;
  /** Applies what `triad.yaml` says now. @throws ConfigurationError when it is wrong. */
  reload(): Promise<ReloadReport>;
  /** Stops; the sessions go on. */
  stop(): Promise<void>;
}

export interface DifferentSession {
  readonly session: SessionName;
  readonly panes: readonly PaneName[];
}

interface HostParts extends HostSettings, Pick<HostProcessOptions, 'home' | 'environment'> {
  readonly onSessions: (names: readonly SessionName[]) => void;
  readonly runtimeDirectory: string;
  readonly share: LoopShare;
  readonly log: Logger;
  /** What is to be watched beside its own. */
  readonly parts: readonly Part[];
}

/** The host of a home; opened, it says in `different` what it found other than planned. */
export async function makeHost(
  { home, environment, ...parts }: HostParts,
  disposal: Disposal,
): Promise<{ readonly host: LocalHost; readonly different: readonly DifferentSession[] }> {
  const different: DifferentSession[] = [];
  const host = await createHost(
    {
      ...parts,
      ...{ env: environment.clean, tmuxConfigPath: home.tmuxConf, root: home.root },
      ...{ runtimeLink: home.run, stateDirectory: home.state },
      ...{
        eventsPath: home.events,
        logDirectory: join(home.state, 'logs'),
        doorKeyPath: home.doorKey,
      },
      onDifferent: (session, panes) => different.push({ session, panes }),
    },
    disposal,
  );
  return { host, different };
}

/**
 * Makes this process the host of its home, and opens the directory for its sockets: where what lives already
 * has its own.
 *
 * @throws RefusedError where there is a host.
 */
export async function openHostRuntime(
  options: Pick<HostProcessOptions, 'home' | 'environment'>,
  socketNames: readonly string[],
  disposal: Disposal,
): Promise<string> {
  const { home } = options;
  await lockHost(home, disposal);
  return openRuntime(options, socketNames, await findRuntimeInUse(home.root, home.run));
}

/**
 * Reads everything, makes or adopts the sessions, and answers the gateway.
 *
 * @throws TriadError with what is wrong; nothing is left half-started.
 */
export async function startHost(options: HostProcessOptions): Promise<HostProcess> {
  return allOrNothing((disposal) => start(options, disposal), options.stop);
}

async function start(options: HostProcessOptions, disposal: Disposal): Promise<HostProcess> {
  const { home, environment, onStep } = options;
  const { log, part } = openHomeLog(
    home,
    { path: home.hostLog, level: options.logLevel },
    disposal,
  );
  onStep('checking configuration and tmux');
  const settings = await readHostSettings(options);
  const { plans } = settings;
  const names = [longestSocketName(plans), LINK_SOCKET];
  const runtimeDirectory = await openHostRuntime(options, names, disposal);
  const path = join(runtimeDirectory, LINK_SOCKET);
  const server = await LinkServer.listen({ path, log, taken: hostTaken });
  disposal.defer(() => server.close());
  const { host, different } = await makeHost(
    {
      ...{ home, environment, ...settings, runtimeDirectory, log },
      ...{ share: new LoopShare(), onSessions: () => undefined },
      parts: [...server.parts, part],
    },
    disposal,
  );
  onStep(`starting ${plans.map(({ name }) => name).join(', ')}`);
  await host.open();
  server.serve(host);
  return {
    ...{ log, socket: path, different, allEnded: host.allEnded },
    describe: () => host.describe(),
    reload: () => host.reload(),
    stop: () => disposal.close(),
  };
}
