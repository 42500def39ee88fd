import { join } from 'node:path';
import { SYSTEM_CLOCK } from '../base/clock.js';
import { FILE_DESCRIPTORS } from '../base/descriptors.js';
import type { Disposal } from '../base/disposal.js';
import { errorText } from '../base/error-text.js';
import { EXIT } from '../base/exit-codes.js';
import { MAX_EVENTS_PER_PAGE } from '../base/host-event.js';
import type { LoopShare } from '../base/loop-share.js';
import type { Part } from '../base/part.js';
import { PartWatch } from '../base/part-watch.js';
import type { Environment } from '../config/environment.js';
import type { Home } from '../config/home.js';
import type { Grant } from '../gateway/access/grant.js';
import { Audit } from '../gateway/audit/audit.js';
import { HostRecord, type HostRecordOptions } from '../gateway/audit/host-record.js';
import type { CommandOutcome } from '../gateway/commands/door.js';
import { ControlServer } from '../gateway/control/control-server.js';
import type { ControlRequest } from '../gateway/control/schema.js';
import { formatAddress } from '../gateway/ssh/listen-address.js';
import { hasNativeCiphers } from '../gateway/ssh/ssh2-patch.js';
import type { HostLink } from '../link/host-link.js';
import type { Logger } from '../log/logger.js';
import { GatewayService } from './gateway.js';
import { type GatewaySettings, openGrants } from './gateway-settings.js';
import { CONTROL_SOCKET } from './places.js';
import { runtimeFolder } from './runtime-directory.js';
import type { SessionNames } from './session-names.js';
import { sshCommand } from './way-in.js';
import { written } from './writable.js';

const STILL_STARTING: CommandOutcome = {
  stdout: '',
  stderr: errorText('triad is still starting', 'try again in a moment'),
  exitCode: EXIT.unavailable,
};

export interface StopRequest {
  readonly endsSessions: boolean;
}

/** What people are told of a gateway that runs, in one process with the host or apart. */
export interface GatewayFacts {
  readonly log: Logger;
  /** Addresses with the ports that the system chose. */
  readonly listen: readonly string[];
  /** How the person who started it gets in. */
  readonly sshCommand: string;
  readonly hostKeys: readonly { readonly type: string; readonly fingerprint: string }[];
  /** Without them encryption is slower. */
  readonly hasNativeCiphers: boolean;
  /** The grants in force. */
  readonly grants: readonly Grant[];
  /** What is amiss, each with what to do. */
  readonly problems: readonly string[];
  /** Settles when somebody asked to stop: `triad down`, or an admin over SSH. */
  readonly stopRequested: Promise<StopRequest>;
}

/** The control socket, which answers from the first moment on, so that a second start sees the first. */
export interface ControlDoor {
  /** What is amiss with it, each with what to do. */
  readonly problems: readonly string[];
  /** Watches these, too, and looks at all at once. */
  watch(...parts: readonly Part[]): Promise<void>;
  serve(handle: (request: ControlRequest) => Promise<CommandOutcome>): void;
}

export interface RuntimePlace {
  /** Where the sockets are. */
  readonly runtimeDirectory: string;
  /** What people know that by: `state/run`. */
  readonly runtimeLink: string;
}

/** @throws RefusedError when a gateway is running in this home. */
export async function openControl(
  { runtimeDirectory, runtimeLink }: RuntimePlace,
  log: Logger,
  disposal: Disposal,
): Promise<ControlDoor> {
  let current = (_request: ControlRequest): Promise<CommandOutcome> =>
    Promise.resolve(STILL_STARTING);
  const path = join(runtimeDirectory, CONTROL_SOCKET);
  const server = await ControlServer.listen({ path, handle: (request) => current(request), log });
  disposal.defer(() => server.close());
  const parts = new PartWatch({
    clock: SYSTEM_CLOCK,
    onNews: ({ part, text, isFailure, suppressed = 0 }) =>
      log[isFailure ? 'error' : 'warn']({ part, reason: text, suppressed }, 'part was taken away'),
  });
  disposal.defer(() => parts.close());
  parts.add(runtimeFolder({ runtimeDirectory, runtimeLink }), ...server.parts, FILE_DESCRIPTORS);
  return {
    get problems() {
      return parts.problems;
    },
    watch: (...more) => {
      parts.add(...more);
      return parts.look();
    },
    serve: (handle) => {
      current = handle;
    },
  };
}

export interface OpenGatewayOptions {
  readonly home: Home;
  readonly environment: Environment;
  readonly cwd: string;
  readonly settings: GatewaySettings;
  readonly log: Logger;
  readonly link: HostLink;
  /** What all who ask may cost, in this process. */
  readonly share: LoopShare;
  readonly sessions: SessionNames;
  /** The command that starts this gateway again. */
  readonly startCommand: 'up' | 'gateway';
}

export interface OpenGateway {
  /** Lets people in, at every door. */
  accept(control: ControlDoor): Promise<GatewayFacts>;
  /** Ends the sessions where that is asked for, and then all that `disposal` closes. */
  stop(request: StopRequest): Promise<void>;
}

/**
 * Opens the record, the grants and the listeners; nobody is let in before `accept`.
 *
 * @throws ConfigurationError that names the file or the address.
 */
export async function openGateway(
  options: OpenGatewayOptions,
  disposal: Disposal,
): Promise<OpenGateway> {
  const { home, environment, settings, log, link, share, sessions } = options;
  const audit = written(home.audit, () => Audit.open(home.audit, log));
  disposal.defer(() => audit.close());
  const grants = await openGrants(home, log);
  disposal.defer(() => grants.close());
  let requestStop: (request: StopRequest) => void = () => undefined;
  const stopRequested = new Promise<StopRequest>((resolve) => {
    requestStop = resolve;
  });
  const service = await GatewayService.listen({
    ...{ listen: settings.listen, limits: settings.limits, hostKeys: settings.hostKeys },
    ...{ sessions, grants, link, share, audit, log, startCommand: options.startCommand },
    localName: environment.login,
    onStopRequested: requestStop,
  });
  disposal.defer(() => service.close('stopping'));
  service.recordStart();
  const record = HostRecord.open({
    source: eventsOf(link),
    ...{ audit, path: home.recordedEvents, clock: SYSTEM_CLOCK, log },
  });
  disposal.defer(() => record.close());
  const accept = async (control: ControlDoor): Promise<GatewayFacts> => {
    await control.watch(audit.part, ...service.parts);
    service.accept(() => control.problems);
    control.serve((request) => service.runLocal(request));
    const { addresses, hostKeys } = service;
    const [session = 'pair'] = sessions.find();
    const { keys: keysDirectory } = home;
    const { userHome } = environment;
    return {
      ...{ log, listen: addresses.map(formatAddress), hostKeys, stopRequested },
      hasNativeCiphers: hasNativeCiphers(),
      sshCommand: await sshCommand({
        ...{ addresses, session, keysDirectory, userHome, cwd: options.cwd },
        grants: grants.current.grants,
      }),
      get problems() {
        return control.problems;
      },
      get grants() {
        return grants.current.grants;
      },
    };
  };
  const stop = async ({ endsSessions }: StopRequest): Promise<void> => {
    try {
      if (endsSessions) for (const name of sessions.find()) await link.endSession(name);
      if (endsSessions) await service.close('session-ended');
    } finally {
      await disposal.close();
    }
  };
  return { accept, stop };
}

/** What of the link the record of the host's events needs; how large a page is, the link alone says. */
function eventsOf(link: HostLink): HostRecordOptions['source'] {
  return {
    whenReachable: (signal) => link.whenReachable(signal),
    events: (request) => link.events({ ...request, count: MAX_EVENTS_PER_PAGE }),
  };
}
