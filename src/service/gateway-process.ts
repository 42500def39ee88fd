import { join } from 'node:path';
import { withDeadline } from '../base/deadline.js';
import { allOrNothing, type Disposal } from '../base/disposal.js';
import type { SessionName } from '../base/ids.js';
import { LoopShare } from '../base/loop-share.js';
import type { Environment } from '../config/environment.js';
import { LinkClient } from '../link/link-client.js';
import type { LogLevel } from '../log/logger.js';
import { type GatewaySettingsOptions, readGatewaySettings } from './gateway-settings.js';
import { lockGateway } from './home-lock.js';
import { openHomeLog } from './log-file.js';
import { type GatewayFacts, openControl, openGateway, type StopRequest } from './open-gateway.js';
import { LINK_SOCKET } from './places.js';
import { openRuntime } from './runtime.js';
import { SessionNames } from './session-names.js';

/** A host that runs is reached in milliseconds; the gateway starts without one, too. */
const FIRST_REACH_LIMIT_MS = 1_000;

export interface GatewayProcessOptions extends GatewaySettingsOptions {
  readonly environment: Environment;
  readonly cwd: string;
  readonly logLevel: LogLevel;
  /** Tells the person who waits what is being done. */
  readonly onStep: (step: string) => void;
  /** Aborted where somebody asks for a stop before the start has come to its end. */
  readonly stop: AbortSignal;
}

/** The gateway in a process of its own: what `triad gateway` runs. */
export interface GatewayProcess extends GatewayFacts {
  /** Where it looks for the host. */
  readonly socket: string;
  readonly isHostReached: boolean;
  /** None where no host was ever reached. */
  sessions(): readonly SessionName[];
  /** Says goodbye to everybody and stops; the sessions go on unless they are to end. */
  stop(request: StopRequest): Promise<void>;
}

/**
 * Reads everything, binds everything, lets people in, and finds the host when it is there.
 *
 * @throws TriadError with what is wrong; nothing is left half-started.
 */
export async function startGateway(options: GatewayProcessOptions): Promise<GatewayProcess> {
  return allOrNothing((disposal) => start(options, disposal), options.stop);
}

async function start(options: GatewayProcessOptions, disposal: Disposal): Promise<GatewayProcess> {
  const { home, environment, cwd, onStep } = options;
  const { log, part } = openHomeLog(home, { path: home.log, level: options.logLevel }, disposal);
  onStep('checking keys and configuration');
  const settings = await readGatewaySettings(options);
  await lockGateway(home, disposal);
  const runtimeDirectory = await openRuntime(options, [LINK_SOCKET]);
  const control = await openControl({ runtimeDirectory, runtimeLink: home.run }, log, disposal);
  await control.watch(part);
  const socket = join(runtimeDirectory, LINK_SOCKET);
  const names = new SessionNames();
  const share = new LoopShare();
  const link = LinkClient.open({
    path: socket,
    log,
    share,
    onReached: (host) => names.learn(host),
  });
  disposal.defer(() => link.close());
  onStep('looking for the host');
  const isHostReached = await isReachedSoon(link);
  const gateway = await openGateway(
    {
      home,
      environment,
      cwd,
      settings,
      log,
      link,
      share,
      sessions: names,
      startCommand: 'gateway',
    },
    disposal,
  );
  const facts = await gateway.accept(control);
  return Object.assign(facts, {
    ...{ socket, isHostReached },
    sessions: () => names.find(),
    stop: (request: StopRequest) => gateway.stop(request),
  });
}

async function isReachedSoon(link: LinkClient): Promise<boolean> {
  const waiting = new AbortController();
  try {
    await withDeadline(link.whenReachable(waiting.signal), FIRST_REACH_LIMIT_MS, 'the host');
    return true;
  } catch {
    waiting.abort();
    return false;
  }
}
