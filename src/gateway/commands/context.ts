import type { SessionName } from '../../base/ids.js';
import type { LoopShare } from '../../base/loop-share.js';
import type { Slices } from '../../base/slices.js';
import type { Turns } from '../../base/turns.js';
import type { HostLink } from '../../link/host-link.js';
import type { AdminScope } from '../access/admin-scope.js';
import type { GrantStore } from '../access/grant-store.js';
import type { Role } from '../access/role.js';
import type { Attachments } from '../attachments/attachments.js';
import type { Actor, Audit } from '../audit/audit.js';
import type { CallerTerminal } from './command-outcome.js';
import type { ConnectionCounts, ConnectionsPort } from './connection-info.js';
import type { Endpoint } from './endpoint.js';
import type { Followers } from './follower.js';

/** Everything a verb may use: who asks, and what there is to act on. */
export interface CommandContext {
  readonly actor: Actor;
  /** How the actor calls verbs: `triad`, `ssh -p 2222 pair@192.0.2.1`. */
  readonly program: string;
  /** The role in force for the actor in a session; undefined where they have none. */
  readonly roleIn: (session: SessionName) => Role | undefined;
  /** Where the actor is admin now. */
  readonly adminScope: () => AdminScope;
  /** The session a verb over SSH was sent to; undefined on the control socket. */
  readonly session: SessionName | undefined;
  /** Every configured session. */
  readonly sessions: readonly SessionName[];
  readonly grants: Pick<GrantStore, 'current' | 'grant' | 'revoke'>;
  readonly audit: CommandAudit;
  /** Undefined when nothing runs: then only verbs that are `isOffline` get here. */
  readonly gateway: GatewayPort | undefined;
  /**
   * How people reach the gateway, read when a verb asks for it; undefined where that is not known.
   */
  readonly endpoint: () => Endpoint | undefined | Promise<Endpoint | undefined>;
  /** The text of a file that was named on the command line; `-` is standard input. */
  readonly readFile: (name: string) => Promise<string>;
  readonly terminal: CallerTerminal | undefined;
}

/** What a call of a verb gets: its work is done in slices. */
export interface CallContext extends CommandContext {
  /** After each wait a verb also waits for its next slice, since many may be answered at once. */
  readonly slices: Slices;
}

/** What verbs put on record. */
type CommandAudit = Pick<
  Audit,
  | 'commandRefused'
  | 'accessGranted'
  | 'accessRevoked'
  | 'engineerKicked'
  | 'paneCaptured'
  | 'outputRead'
  | 'textSent'
  | 'keysPressed'
  | 'panesSupervised'
  | 'paneSignalled'
  | 'reloadRequested'
  | 'stopRequested'
>;

/** The gateway that is running, as verbs see it. */
export interface GatewayPort {
  readonly link: HostLink;
  readonly followers: Followers;
  /** The share of the event loop that all who watch or ask have together. */
  readonly share: LoopShare;
  /** A host takes few captures at once, and refuses the others: they wait here, so that engineers take turns. */
  readonly captures: Turns;
  /** The command that starts this gateway again. */
  readonly startCommand: 'up' | 'gateway';
  readonly attachments: Pick<Attachments, 'list' | 'kick'>;
  readonly connections: ConnectionsPort;
  describe(): GatewayDescription;
  /** Begins to stop; the answer to the verb still goes out. */
  stop(request: { readonly endsSessions: boolean }): void;
}

interface GatewayDescription {
  /** `127.0.0.1:2222` */
  readonly listen: readonly string[];
  readonly hostKeys: readonly { readonly type: string; readonly fingerprint: string }[];
  /** ISO 8601 UTC. */
  readonly startedAt: string;
  /** How often each limit refused something since then, by its name in `config/gateway.yaml`. */
  readonly refused: Readonly<Record<string, number>>;
  /** How often somebody who had not logged in gave way to a newcomer, by the limit that was reached. */
  readonly displaced: Readonly<Record<string, number>>;
  /** What is wrong with the gateway, each with what to do. */
  readonly problems: readonly string[];
  readonly connections: ConnectionCounts;
}
