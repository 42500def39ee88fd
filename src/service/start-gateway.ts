import { join } from 'node:path';
import { withDeadline } from '../base/deadline.js';
import { allOrNothing, type Disposal } from '../base/disposal.js';
import { LoopShare } from '../base/loop-share.js';
import { LINK_SOCKET } from '../config/home.js';
import { type LinkClient, openLinkClient } from '../link/link-client.js';
import { RunningGateway, SessionNames, type StopRequest } from './gateway.js';
import { type GatewaySettingsOptions, readGatewaySettings } from './gateway-settings.js';
import { openHomeLog } from './home-files.js';
import { lockGateway } from './home-lock.js';
import { openRuntime } from './runtime-directory.js';
import type { StartOptions } from './start-options.js';

/** A host that runs is reached in milliseconds; the gateway starts without one, too. */
const FIRST_REACH_LIMIT_MS = 1_000;

type StartGatewayOptions = StartOptions & GatewaySettingsOptions;

export interface StartedGateway {
  readonly gateway: RunningGateway;
  /** The socket at which the gateway looks for the host. */
  readonly socket: string;
  readonly isHostReached: boolean;
  /** Says goodbye to everybody and stops; host and sessions go on unless they are to end. */
  stop(request: StopRequest): Promise<void>;
}

/**
 * Starts the gateway in a process of its own (`triad gateway`): reads everything, binds everything, lets
 * people in, and finds the host when it is there. Its `stop` closes all of it.
 *
 * @throws TriadError with what is wrong; nothing is left half-started.
 */
export async function startGateway(options: StartGatewayOptions): Promise<StartedGateway> {
  return allOrNothing((disposal) => start(options, disposal), options.stop);
}

async function start(options: StartGatewayOptions, disposal: Disposal): Promise<StartedGateway> {
  const { home, environment, cwd, onStep } = options;
  const { log, part } = openHomeLog(home, { path: home.log, level: options.logLevel }, disposal);
  onStep('checking keys and configuration');
  const settings = await readGatewaySettings(options);
  await lockGateway(home, disposal);
  const runtimeDirectory = await openRuntime(options, [LINK_SOCKET]);
  const socket = join(runtimeDirectory, LINK_SOCKET);
  const sessions = new SessionNames();
  const share = new LoopShare();
  const onReached = sessions.learn.bind(sessions);
  const link = openLinkClient({ path: socket, log, share, onReached });
  disposal.defer(() => link.close());
  const gateway = await RunningGateway.open(
    {
      ...{ home, environment, cwd, settings, runtimeDirectory, sessions, link, share, log },
      ...{ parts: [part], startCommand: 'gateway' },
    },
    disposal,
  );
  onStep('looking for the host');
  const isHostReached = await isReachedSoon(link);
  await gateway.accept();
  return { gateway, socket, isHostReached, stop: (request) => gateway.stop(request) };
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
