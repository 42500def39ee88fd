import { join } from 'node:path';
import type { Grant } from '../access/grant.js';
import type { GrantStore } from '../access/grant-store.js';
import { Audit } from '../audit/audit.js';
import { Disposal } from '../base/disposal.js';
import { EXIT } from '../base/exit-codes.js';
import type { PaneName, SessionName } from '../base/ids.js';
import { errorText } from '../commands/execute.js';
import { ControlServer } from '../control/control-server.js';
import type { ControlRequest, ControlResponse } from '../control/schema.js';
import { formatAddress, type ListenAddress } from '../gateway/listen-address.js';
import type { SessionDescription } from '../link/host-link.js';
import type { Logger, LogLevel } from '../log/logger.js';
import { GatewayService } from './gateway.js';
import { createHost, longestSocketName } from './host.js';
import { openLogFile } from './log-file.js';
import { openRuntimeDirectory } from './runtime-directory.js';
import { openGrants, readSettings, type Settings, type SettingsOptions } from './settings.js';
import { sshCommand } from './way-in.js';
import { openDirectory, written } from './writable.js';

/** Relative to the runtime directory. */
export const CONTROL_SOCKET = 'control.sock';

const STILL_STARTING: ControlResponse = {
  stdout: '',
  stderr: errorText('triad is still starting', 'try again in a moment'),
  exitCode: EXIT.unavailable,
};

export interface TriadOptions extends SettingsOptions {
  readonly logLevel: LogLevel;
  /** Tells the person who waits what is being done. */
  readonly onStep: (step: string) => void;
}

export interface StopRequest {
  readonly endsSessions: boolean;
}

/** Gateway and host in one process: what `triad up` runs. */
export interface RunningTriad {
  readonly log: Logger;
  /** Addresses with the ports that the system chose. */
  readonly listen: readonly string[];
  /** How the person who started it gets in. */
  readonly sshCommand: string;
  readonly hostKeys: readonly { readonly type: string; readonly fingerprint: string }[];
  /** Sessions that were found running with other panes than planned, and which panes those are. */
  readonly different: readonly {
    readonly session: SessionName;
    readonly panes: readonly PaneName[];
  }[];
  /** The grants in force. */
  readonly grants: readonly Grant[];
  /** Settles when somebody asked to stop: `triad down`, or an admin over SSH. */
  readonly stopRequested: Promise<StopRequest>;
  describe(): Promise<readonly SessionDescription[]>;
  /** Says goodbye to everybody and stops; the sessions go on unless they are to end. */
  stop(request: StopRequest): Promise<void>;
}

/**
 * Reads everything, binds everything, makes or adopts the sessions, and lets people in.
 *
 * @throws TriadError with what is wrong; nothing is left half-started.
 */
export async function startTriad(options: TriadOptions): Promise<RunningTriad> {
  const disposal = new Disposal();
  try {
    return await start(options, disposal);
  } catch (error) {
    await disposal.close();
    throw error;
  }
}

async function start(options: TriadOptions, disposal: Disposal): Promise<RunningTriad> {
  const { home, onStep } = options;
  openDirectory(home.state);
  const logFile = written(home.log, () => openLogFile(home.log, options.logLevel));
  disposal.defer(() => logFile.close());
  const { log } = logFile;
  onStep('checking keys, configuration and tmux');
  const settings = await readSettings(options);
  const runtimeDirectory = await openRuntime(options, settings);
  const control = await openControl(runtimeDirectory, log);
  disposal.defer(() => control.server.close());
  const audit = written(home.audit, () => Audit.open(home.audit, log));
  disposal.defer(() => audit.close());
  const grants = await openGrants(home, log);
  disposal.defer(() => grants.close());
  const different: RunningTriad['different'][number][] = [];
  const host = createHost({
    ...hostOptions(options, settings),
    ...{ runtimeDirectory, log },
    onDifferent: (session, panes) => different.push({ session, panes }),
  });
  disposal.defer(() => host.close());
  const sessions = settings.plans.map(({ name }) => name);
  let requestStop: (request: StopRequest) => void = () => undefined;
  const stopRequested = new Promise<StopRequest>((resolve) => {
    requestStop = resolve;
  });
  const gateway = await GatewayService.listen({
    ...{ listen: settings.listen, limits: settings.limits, hostKeys: settings.hostKeys },
    ...{ sessions, grants, link: host, audit, log },
    localName: options.environment.login,
    onStopRequested: requestStop,
  });
  disposal.defer(() => gateway.close('stopping'));
  gateway.recordStart();
  onStep(`starting ${sessions.join(', ')}`);
  await host.open();
  gateway.accept();
  control.serve((request) => gateway.runLocal(request.words, request.files));
  return {
    ...{ different, log, listen: gateway.addresses.map(formatAddress), hostKeys: gateway.hostKeys },
    sshCommand: await sshCommand(wayIn(options, gateway.addresses, { sessions, grants })),
    get grants() {
      return grants.current.grants;
    },
    stopRequested,
    describe: () => host.describe(),
    stop: async ({ endsSessions }) => {
      if (endsSessions) for (const name of sessions) await host.endSession(name);
      if (endsSessions) await gateway.close('session-ended');
      await disposal.close();
    },
  };
}

function wayIn(
  { home, environment, cwd }: TriadOptions,
  addresses: readonly ListenAddress[],
  { sessions, grants }: { sessions: readonly SessionName[]; grants: GrantStore },
) {
  const [session = ''] = sessions;
  const { keys: keysDirectory } = home;
  const { userHome } = environment;
  return { addresses, session, grants: grants.current.grants, keysDirectory, userHome, cwd };
}

function hostOptions({ home, environment }: TriadOptions, { plans, binary }: Settings) {
  const { tmuxConf: tmuxConfigPath, root } = home;
  return { plans, binary, tmuxConfigPath, root, env: environment.clean };
}

/** Answers from the first moment on, so that a second start sees the first. */
async function openControl(runtimeDirectory: string, log: Logger) {
  let handle = (_request: ControlRequest): Promise<ControlResponse> =>
    Promise.resolve(STILL_STARTING);
  const path = join(runtimeDirectory, CONTROL_SOCKET);
  const server = await ControlServer.listen({ path, handle: (request) => handle(request), log });
  const serve = (real: typeof handle) => {
    handle = real;
  };
  return { server, serve };
}

function openRuntime({ home, environment }: TriadOptions, { plans }: Settings): Promise<string> {
  const names = [longestSocketName(plans), CONTROL_SOCKET];
  const longestName = names.reduce((a, b) => (b.length > a.length ? b : a));
  return openRuntimeDirectory({
    path: home.run,
    longestName,
    fallbacks: environment.socketDirectories,
  });
}
