import { SYSTEM_CLOCK } from '../base/clock.js';
import { FairTurns } from '../base/fair-turns.js';
import { isName, type SessionName, sessionName } from '../base/ids.js';
import type { LoopShare } from '../base/loop-share.js';
import type { Part } from '../base/part.js';
import type { GrantStore } from '../gateway/access/grant-store.js';
import { Attachments } from '../gateway/attachments/attachments.js';
import type { Audit } from '../gateway/audit/audit.js';
import type { ConnectionCounts } from '../gateway/commands/connection-info.js';
import type { RunningGateway } from '../gateway/commands/context.js';
import type { CommandOutcome } from '../gateway/commands/door.js';
import { execute } from '../gateway/commands/execute.js';
import { Followers } from '../gateway/commands/followers.js';
import { SshDoor } from '../gateway/commands/ssh-door.js';
import type { ControlRequest } from '../gateway/control/schema.js';
import type { MirrorSource } from '../gateway/mirror/mirror-source.js';
import { Gateway } from '../gateway/ssh/gateway.js';
import type { HostKey } from '../gateway/ssh/host-keys.js';
import { formatAddress, type ListenAddress } from '../gateway/ssh/listen-address.js';
import { LocalPeers } from '../gateway/ssh/local-peers.js';
import type { ConnectionAccess } from '../gateway/ssh/ports.js';
import type { GatewayLimits } from '../gateway/ssh/schema.js';
import { Watchers } from '../gateway/viewer/watchers.js';
import type { HostLink } from '../link/host-link.js';
import type { Logger } from '../log/logger.js';
import { localContext } from './local-context.js';
import type { SessionNames } from './session-names.js';

/** The host has one under way for each session; the other one is for another session. */
const MAX_CAPTURES_AT_ONCE = 2;

export interface GatewayServiceOptions {
  readonly listen: readonly ListenAddress[];
  readonly limits: GatewayLimits;
  readonly hostKeys: readonly HostKey[];
  readonly sessions: SessionNames;
  readonly grants: GrantStore;
  readonly link: HostLink;
  /** What all who ask may cost. */
  readonly share: LoopShare;
  readonly audit: Audit;
  readonly log: Logger;
  /** The command that starts this gateway again. */
  readonly startCommand: 'up' | 'gateway';
  /** The name of whoever owns the control socket. */
  readonly localName: string;
  readonly onStopRequested: (request: { readonly endsSessions: boolean }) => void;
}

const NO_CONNECTIONS: ConnectionCounts = { open: 0, max: 0, loggedIn: 0, guests: 0 };

/** Everything of the gateway's side, put together: SSH, access, attachments and both doors for verbs. */
export class GatewayService {
  readonly #options: GatewayServiceOptions;
  readonly #attachments: Attachments;
  readonly #running: RunningGateway;
  readonly #stopListening: () => void;
  #gateway: Gateway | undefined;
  #closing: Promise<void> | undefined;
  #problems: () => readonly string[] = () => [];

  private constructor(options: GatewayServiceOptions) {
    const { link, share, grants, audit, log, startCommand } = options;
    this.#options = options;
    const sessions = () => options.sessions.get();
    const mirrors = new Watchers({
      sourceOf: (session) => mirrorSource(link, session),
      share,
      log,
    });
    this.#attachments = new Attachments({ sessions, link, mirrors, access: grants, audit, log });
    const startedAt = new Date().toISOString();
    this.#running = {
      ...{
        link,
        share,
        startCommand,
        followers: new Followers(),
        captures: new FairTurns(MAX_CAPTURES_AT_ONCE),
      },
      attachments: this.#attachments,
      describe: () => ({
        listen: this.addresses.map(formatAddress),
        hostKeys: this.hostKeys,
        startedAt,
        problems: [...this.#problems(), ...grantProblems(grants)],
        refused: { ...this.#gateway?.refused, commands: share.refused },
        displaced: { ...this.#gateway?.displaced },
        connections: this.#gateway?.counts ?? NO_CONNECTIONS,
      }),
      connections: {
        list: () => this.#gateway?.logins.list() ?? [],
        kick: (isMeant) => this.#gateway?.logins.kick(isMeant) ?? [],
      },
      stop: options.onStopRequested,
    };
    this.#stopListening = recordReads(grants, audit);
  }

  /**
   * Binds every address, or none; clients are held until `accept`.
   *
   * @throws ConfigurationError that names the address that cannot be had.
   */
  static async listen(options: GatewayServiceOptions): Promise<GatewayService> {
    const service = new GatewayService(options);
    const { listen, limits, hostKeys, grants, share, audit, log, sessions } = options;
    const decide = grants.decide.bind(grants);
    const commands = new SshDoor({
      decide,
      sessions: () => sessions.get(),
      grants,
      audit,
      log,
      gateway: service.#running,
    });
    const doors = { attachments: service.#attachments, commands };
    service.#gateway = await Gateway.listen({
      listen,
      limits,
      hostKeys,
      keys: grants,
      access: connectionAccess(grants, sessions),
      audit,
      log,
      share,
      localPeers: new LocalPeers({ clock: SYSTEM_CLOCK }),
      ...doors,
    });
    return service;
  }

  /** To be watched: without them nobody gets in. */
  get parts(): readonly Part[] {
    return this.#gateway?.parts ?? [];
  }

  get addresses(): readonly ListenAddress[] {
    return this.#gateway?.addresses ?? [];
  }

  get hostKeys(): readonly { readonly type: string; readonly fingerprint: string }[] {
    return this.#gateway?.hostKeys ?? [];
  }

  recordStart(): void {
    const { audit, sessions } = this.#options;
    audit.gatewayStarted({
      listen: this.addresses.map(formatAddress),
      sessions: sessions.find(),
    });
  }

  /** @param problems what is amiss with the gateway, each with what to do. */
  accept(problems: () => readonly string[] = () => []): void {
    this.#problems = problems;
    this.#gateway?.accept();
  }

  /** Runs a verb for whoever owns the control socket; they are admin everywhere. */
  runLocal({ words, files, terminal }: ControlRequest): Promise<CommandOutcome> {
    const { sessions, grants, audit, localName, log } = this.#options;
    const context = localContext({
      sessions: sessions.find(),
      grants,
      audit,
      localName,
      files,
      terminal,
      gateway: this.#running,
    });
    return execute({ words: () => words, prefix: 'triad', context, log });
  }

  /** Says goodbye to everybody and resolves when they are gone, within a bounded time. Idempotent. */
  close(reason: 'stopping' | 'session-ended'): Promise<void> {
    this.#closing ??= this.#close(reason);
    return this.#closing;
  }

  async #close(reason: 'stopping' | 'session-ended'): Promise<void> {
    this.#stopListening();
    await this.#attachments.close(reason);
    await this.#gateway?.close();
    this.#attachments.dispose();
    this.#options.audit.gatewayStopped({ reason });
  }
}

/** Who may be connected: whoever may see the session that they log in to, where it is known which there are. */
function connectionAccess(grants: GrantStore, sessions: SessionNames): ConnectionAccess {
  return {
    decide: ({ engineer, keyBlob, address }, login) => {
      const known = sessions.find();
      const isThere = known.length === 0 || known.some((name) => name === login);
      if (!isName(login) || !isThere) return { outcome: 'denied', engineer, reason: 'session' };
      const session = sessionName(login);
      return grants.decide({ keyBlob, address, session, now: Date.now() });
    },
    onChange: (listener) => grants.onChange(listener),
  };
}

/** Without the reason, which names paths: only who is at the host may see these. */
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
    history: (pane, request) => link.history({ session, pane }, request),
  };
}
