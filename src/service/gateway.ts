import { join } from 'node:path';
import { SYSTEM_CLOCK } from '../base/clock.js';
import { FILE_DESCRIPTORS } from '../base/descriptors.js';
import type { Disposal } from '../base/disposal.js';
import { errorText } from '../base/errors.js';
import { EXIT } from '../base/exit-codes.js';
import { MAX_EVENTS_PER_PAGE } from '../base/host-event.js';
import type { SessionName } from '../base/ids.js';
import type { LoopShare } from '../base/loop-share.js';
import type { Part } from '../base/part.js';
import { PartWatch } from '../base/part-watch.js';
import { Turns } from '../base/turns.js';
import type { Environment } from '../config/environment.js';
import { CONTROL_SOCKET, type Home } from '../config/home.js';
import type { Grant } from '../gateway/access/grant.js';
import { GrantStore } from '../gateway/access/grant-store.js';
import { SessionAccess } from '../gateway/access/session-access.js';
import { Attachments } from '../gateway/attachments/attachments.js';
import { Audit } from '../gateway/audit/audit.js';
import { HostRecord } from '../gateway/audit/host-record.js';
import type { CommandOutcome } from '../gateway/commands/command-outcome.js';
import type { ConnectionCounts } from '../gateway/commands/connection-info.js';
import type { GatewayPort } from '../gateway/commands/context.js';
import type { Endpoint } from '../gateway/commands/endpoint.js';
import { Followers } from '../gateway/commands/follower.js';
import { executeLocal } from '../gateway/commands/local-commands.js';
import { SshCommands } from '../gateway/commands/ssh-commands.js';
import { ControlServer } from '../gateway/control/control-server.js';
import type { ControlRequest } from '../gateway/control/schema.js';
import type { MirrorSource } from '../gateway/mirror/mirror-source.js';
import { Gateway } from '../gateway/ssh/gateway.js';
import { formatAddress } from '../gateway/ssh/listen-address.js';
import { LocalPeers } from '../gateway/ssh/local-peers.js';
import { hasNativeCiphers } from '../gateway/ssh/ssh2-patch.js';
import { Watchers } from '../gateway/viewer/watchers.js';
import type { HostLink } from '../link/host-link.js';
import { LinkLostError } from '../link/link-lost.js';
import type { Logger } from '../log/logger.js';
import type { GatewaySettings } from './gateway-settings.js';
import { namingPath } from './home-files.js';
import { sshCommand } from './own-keys.js';
import { reachedAt } from './reached-at.js';
import { runtimeFolder } from './runtime-directory.js';

/** The host takes one capture at a time from each session: the second is for another session. */
const MAX_CAPTURES_AT_ONCE = 2;
const NO_CONNECTIONS: ConnectionCounts = { open: 0, max: 0, loggedIn: 0, guests: 0 };
const STILL_STARTING: CommandOutcome = {
  stdout: '',
  stderr: errorText('triad is still starting', 'try again in a moment'),
  exitCode: EXIT.unavailable,
};

export interface GatewayOptions {
  readonly home: Home;
  readonly environment: Environment;
  /** Where the person who starts it is. */
  readonly cwd: string;
  readonly settings: GatewaySettings;
  /** Private directory for sockets. */
  readonly runtimeDirectory: string;
  readonly sessions: SessionNames;
  readonly link: HostLink;
  /** The share of this process's event loop that all who watch or ask have together. */
  readonly share: LoopShare;
  /** Parts to watch that were opened elsewhere. */
  readonly parts: readonly Part[];
  readonly log: Logger;
  /** The command that starts this gateway again. */
  readonly startCommand: 'up' | 'gateway';
}

export interface StopRequest {
  readonly endsSessions: boolean;
}

/** The sessions that the host has, as it told them last. */
export class SessionNames {
  #names: readonly SessionName[] | undefined;

  constructor(names?: readonly SessionName[]) {
    this.#names = names;
  }

  /** Asks the host for the names. */
  async learn(host: HostLink): Promise<void> {
    this.#names = (await host.describe({})).map(({ name }) => name);
  }

  /** Takes the names that a host has told. */
  set(names: readonly SessionName[]): void {
    this.#names = names;
  }

  /** @throws LinkLostError when no host was ever reached. */
  get(): readonly SessionName[] {
    if (this.#names === undefined) throw new LinkLostError();
    return this.#names;
  }

  /** Whether there is a session of that name; true for any when no host was ever reached. */
  mayHave(name: string): boolean {
    return this.#names?.some((each) => each === name) ?? true;
  }

  /** The names; none when no host was ever reached. */
  find(): readonly SessionName[] {
    return this.#names ?? [];
  }
}

/**
 * Owns the gateway of a home, in one process with its host or apart: SSH, access, attachments, the record and
 * both ways in for verbs. Promises that nobody is let in before `accept`, and that whatever was opened is closed
 * with it. It must never start or stop a host.
 */
export class RunningGateway {
  readonly log: Logger;
  /** Settles when somebody asked to stop: `triad down`, or an admin over SSH. */
  readonly stopRequested: Promise<StopRequest>;
  readonly #options: GatewayOptions;
  readonly #disposal: Disposal;
  readonly #audit: Audit;
  readonly #grants: GrantStore;
  readonly #access: SessionAccess;
  readonly #parts: PartWatch;
  readonly #attachments: Attachments;
  readonly #port: GatewayPort;
  readonly #stopListening: () => void;
  #gateway: Gateway | undefined;
  #isAccepting = false;
  #closing: Promise<void> | undefined;

  private constructor(
    options: GatewayOptions,
    { audit, grants }: { readonly audit: Audit; readonly grants: GrantStore },
    disposal: Disposal,
  ) {
    const { link, share, log, sessions } = options;
    this.log = log;
    this.#options = options;
    this.#disposal = disposal;
    this.#audit = audit;
    this.#grants = grants;
    this.#access = new SessionAccess({ grants, sessions });
    this.#parts = new PartWatch({ clock: SYSTEM_CLOCK, log });
    disposal.defer(() => this.#parts.close());
    const sourceOf = (session: SessionName) => mirrorSource(link, session);
    const mirrors = new Watchers({ sourceOf, share, log });
    this.#attachments = new Attachments({ link, mirrors, access: this.#access, audit, log });
    let requestStop: (request: StopRequest) => void = () => undefined;
    this.stopRequested = new Promise((resolve) => {
      requestStop = resolve;
    });
    this.#port = this.#describePort(requestStop);
    this.#stopListening = recordReads(grants, audit);
  }

  /**
   * Opens the record, the grants, the control socket and the listeners, every address or none; who connects
   * is held until `accept`.
   *
   * @throws ConfigurationError that names the file or the address.
   */
  static async open(options: GatewayOptions, disposal: Disposal): Promise<RunningGateway> {
    const { home, link, log } = options;
    const audit = namingPath(home.audit, () => Audit.open(home.audit, log));
    disposal.defer(() => audit.close());
    const { root, authorizedKeys: path } = home;
    const grants = await GrantStore.open({ root, path, log, now: Date.now });
    disposal.defer(() => grants.close());
    const running = new RunningGateway(options, { audit, grants }, disposal);
    await running.#listen();
    const record = HostRecord.open({
      source: {
        whenReachable: (signal) => link.whenReachable(signal),
        // How large a page is, the link alone says.
        events: (request) => link.events({ ...request, count: MAX_EVENTS_PER_PAGE }),
      },
      ...{ audit, path: home.recordedEvents, clock: SYSTEM_CLOCK, log },
    });
    disposal.defer(() => record.close());
    return running;
  }

  /** Addresses with the ports that the system chose. */
  get listen(): readonly string[] {
    return (this.#gateway?.addresses ?? []).map(formatAddress);
  }

  get hostKeys(): readonly { readonly type: string; readonly fingerprint: string }[] {
    return this.#gateway?.hostKeys ?? [];
  }

  /** Where others reach the gateway, and the host keys by which they know it. */
  get endpoint(): Endpoint {
    return { addresses: reachedAt(this.#gateway?.addresses ?? []), hostKeys: this.hostKeys };
  }

  /** Whether ssh2 encrypts in native code; without it encryption is slower. */
  get hasNativeCiphers(): boolean {
    return hasNativeCiphers();
  }

  /** The grants in force. */
  get grants(): readonly Grant[] {
    return this.#grants.current.grants;
  }

  /** What is wrong with the parts of the gateway, each with what to do. */
  get problems(): readonly string[] {
    return this.#parts.problems;
  }

  /** The sessions of the host; none when no host was ever reached. */
  sessions(): readonly SessionName[] {
    return this.#options.sessions.find();
  }

  /** How the person who started it gets in. */
  sshCommand(): Promise<string> {
    const { home, environment, cwd } = this.#options;
    const [session = 'pair'] = this.sessions();
    return sshCommand({
      ...{ addresses: this.#gateway?.addresses ?? [], session, grants: this.grants },
      ...{ keysDirectory: home.keys, userHome: environment.userHome, cwd },
    });
  }

  /** Lets people in, at every door. */
  async accept(): Promise<void> {
    this.#parts.add(this.#audit.part, ...(this.#gateway?.parts ?? []));
    await this.#parts.check();
    this.#gateway?.accept();
    this.#isAccepting = true;
  }

  /**
   * Ends the sessions where that is asked for, says goodbye to everybody, and closes all that was opened
   * with it.
   */
  async stop({ endsSessions }: StopRequest): Promise<void> {
    try {
      if (endsSessions) {
        for (const session of this.sessions()) await this.#options.link.endSession({ session });
        await this.#close('session-ended');
      }
    } finally {
      await this.#disposal.close();
    }
  }

  async #listen(): Promise<void> {
    const { home, runtimeDirectory, settings, sessions, share, log } = this.#options;
    const [grants, access] = [this.#grants, this.#access];
    const [audit, attachments] = [this.#audit, this.#attachments];
    const control = await ControlServer.listen({
      path: join(runtimeDirectory, CONTROL_SOCKET),
      handle: (request) => this.#runLocal(request),
      log,
    });
    this.#disposal.defer(() => control.close());
    this.#parts.add(runtimeFolder(home, runtimeDirectory), ...control.parts, FILE_DESCRIPTORS);
    this.#parts.add(...this.#options.parts);
    const commands = new SshCommands({
      ...{ access, grants, audit, log, gateway: this.#port, endpoint: () => this.endpoint },
    });
    this.#gateway = await Gateway.listen({
      ...settings,
      keys: grants,
      access,
      localPeers: new LocalPeers({ clock: SYSTEM_CLOCK }),
      ...{ audit, log, share, attachments, commands },
    });
    this.#disposal.defer(() => this.#close('stopping'));
    audit.gatewayStarted({ listen: this.listen, sessions: sessions.find() });
  }

  /** Runs a verb for the owner of the control socket, who is admin everywhere. */
  async #runLocal(request: ControlRequest): Promise<CommandOutcome> {
    if (!this.#isAccepting) return STILL_STARTING;
    return executeLocal({
      ...{ words: request.words, files: request.files },
      ...{ program: request.program, terminal: request.terminal },
      ...{ sessions: this.sessions(), grants: this.#grants, audit: this.#audit, log: this.log },
      ...{
        gateway: this.#port,
        endpoint: () => this.endpoint,
        localName: this.#options.environment.login,
      },
    });
  }

  /** The gateway as verbs see it. */
  #describePort(stop: GatewayPort['stop']): GatewayPort {
    const { link, share, startCommand } = this.#options;
    const startedAt = new Date().toISOString();
    const followers = new Followers();
    return {
      ...{ link, share, startCommand, attachments: this.#attachments, stop },
      followers,
      captures: new Turns({
        maxAtOnce: MAX_CAPTURES_AT_ONCE,
        maxWaiting: Number.POSITIVE_INFINITY,
      }),
      describe: () => ({
        ...{ listen: this.listen, hostKeys: this.hostKeys, startedAt },
        problems: [...this.problems, ...grantProblems(this.#grants)],
        refused: {
          ...this.#gateway?.refused,
          ...{ commands: share.refused, followed: followers.refused },
        },
        displaced: { ...this.#gateway?.displaced },
        connections: this.#gateway?.counts ?? NO_CONNECTIONS,
      }),
      connections: {
        list: () => this.#gateway?.logins.list() ?? [],
        kick: (isMeant) => this.#gateway?.logins.kick(isMeant) ?? [],
      },
    };
  }

  /** Says goodbye to everybody and resolves when they are gone, within a bounded time. Idempotent. */
  #close(reason: 'stopping' | 'session-ended'): Promise<void> {
    const close = async () => {
      this.#stopListening();
      await this.#attachments.close(reason);
      await this.#gateway?.close();
      this.#attachments.dispose();
      this.#audit.gatewayStopped({ reason });
    };
    this.#closing ??= close();
    return this.#closing;
  }
}

/**
 * Tells that the grants cannot be read, without the reason: it names paths, which are for the host
 * only.
 */
function grantProblems({ current }: GrantStore): readonly string[] {
  if (current.staleReason === null) return [];
  return [
    'the file of grants cannot be read now, what it said last is in force (triad grants, on the host, says why)',
  ];
}

/** Puts on record what the file of grants says, each time that it was read anew. */
function recordReads(grants: GrantStore, audit: Audit): () => void {
  let recorded = grants.current;
  return grants.onChange((state) => {
    if (state === recorded) return;
    recorded = state;
    audit.accessFileRead({ grants: state.grants.length, badLines: state.problems.length });
  });
}

/** What the mirror of a session gets from the link. */
function mirrorSource(link: HostLink, session: SessionName): MirrorSource {
  return {
    openMirror: (sink) => link.openMirror({ session, ...sink }),
    history: (pane, request) => link.history({ session, pane, ...request }),
    search: (pane, request) => link.search({ session, pane, ...request }),
  };
}
