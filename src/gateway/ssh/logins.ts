import { EXIT, type ExitCode } from '../../base/exit-codes.js';
import { visible } from '../../base/visible.js';
import type { Logger } from '../../log/logger.js';
import type { Role } from '../access/role.js';
import type { SessionAccess } from '../access/session-access.js';
import type { Caller } from '../attachments/attachment.js';
import type { EndReason } from '../attachments/farewell.js';
import { isoTime } from '../commands/amount-text.js';
import type { ConnectionInfo, ConnectionsPort } from '../commands/connection-info.js';
import type { Limit, Refusals } from './refusals.js';
import type { GatewayLimits } from './schema.js';
import type { Offence } from './source-penalties.js';

/** Who is at the other end, as they proved. */
export interface Identity {
  /** The SSH user name as the client sent it; anything. */
  readonly login: string;
  readonly caller: Caller;
}

/** Why somebody who proved a key is not let in. */
export interface NotLetIn {
  /** The reason for log and audit: the denial of `decide()`, or the limit. */
  readonly reason: string;
  /** What the person is told. */
  readonly sentence: string;
  readonly exitCode: ExitCode;
  /** What its source is to be penalised for; who has a right and finds no slot costs it nothing. */
  readonly offence: Offence | undefined;
}

/**
 * What somebody who proved a key is on this gateway: a `member` by the right that is in force, or a
 * `guest`, who is told why not and must go. Whoever is `turned-away` is not let in even for that.
 */
export type Standing =
  | { readonly kind: 'member'; readonly role: Role; readonly expiresAt: number | null }
  | { readonly kind: 'guest' | 'turned-away'; readonly why: NotLetIn };

/** A connection on which a key was proven. */
export interface LoggedIn {
  readonly id: string;
  readonly identity: Identity;
  readonly since: Date;
  /** What is served on it now. */
  readonly use: Pick<ConnectionInfo, 'views' | 'commands'>;
  /** Ends it within a second, with a sentence to whatever is served. Idempotent. */
  end(reason: EndReason): void;
}

/** The right that a connection stands on. */
export type ConnectionAccess = Pick<SessionAccess, 'decide' | 'explain' | 'onChange'>;

export interface LoginsOptions {
  readonly access: ConnectionAccess;
  readonly limits: GatewayLimits;
  readonly refusals: Refusals;
  readonly log: Logger;
}

/**
 * Every connection on which a key was proven, each by its engineer and the right that it stands on,
 * which is decided again whenever `decide()` may answer differently.
 */
export class Logins implements ConnectionsPort {
  readonly #options: LoginsOptions;
  readonly #standings = new Map<LoggedIn, Standing>();
  readonly #stopListening: () => void;

  constructor(options: LoginsOptions) {
    this.#options = options;
    this.#stopListening = options.access.onChange(() => this.#decideAgain());
  }

  get count(): number {
    return this.#standings.size;
  }

  get guests(): number {
    return this.#countOf((_, { kind }) => kind === 'guest');
  }

  /** Judges a connection, and keeps it until `remove` unless it is turned away. */
  admit(connection: LoggedIn): Standing {
    const standing = this.#judge(connection.identity);
    if (standing.kind !== 'turned-away') this.#standings.set(connection, standing);
    return standing;
  }

  /** Idempotent. */
  remove(connection: LoggedIn): void {
    this.#standings.delete(connection);
  }

  list(): readonly ConnectionInfo[] {
    return [...this.#standings].map(([connection, standing]) => infoOf(connection, standing));
  }

  kick(isMeant: (info: ConnectionInfo) => boolean): readonly ConnectionInfo[] {
    const meant = [...this.#standings].filter((entry) => isMeant(infoOf(...entry)));
    const kicked = meant.map((entry) => infoOf(...entry));
    for (const [connection] of meant) this.#end(connection, 'kicked');
    return kicked;
  }

  close(): void {
    this.#stopListening();
  }

  #judge(identity: Identity): Standing {
    const { login, caller } = identity;
    const decision = this.#options.access.decide(caller, login);
    if (decision.outcome !== 'allowed' || decision.engineer !== caller.engineer) {
      const reason = decision.outcome === 'denied' ? decision.reason : 'unknown-key';
      const sentence = this.#options.access.explain(caller, login);
      return this.#notLetIn(caller, {
        ...{ reason, sentence, offence: 'refuseConnection' },
        exitCode: EXIT.notPermitted,
      });
    }
    const full = this.#fullFor(caller, decision.role);
    if (full === undefined) return memberBy(decision);
    this.#options.refusals.note(full.limit, this.#options.log, { engineer: caller.engineer });
    const { limit: reason, sentence } = full;
    return this.#notLetIn(caller, { reason, sentence, exitCode: EXIT.failure, offence: undefined });
  }

  /** The limit at which there is no slot for one more. */
  #fullFor(caller: Caller, role: Role): { limit: Limit; sentence: string } | undefined {
    const { limits } = this.#options;
    const { maxConnectionsPerKey, maxConnectionsPerEngineer } = limits;
    if (this.#countOf(isMemberWith(caller, 'fingerprint')) >= maxConnectionsPerKey) {
      return { limit: 'maxConnectionsPerKey', sentence: tooMany(maxConnectionsPerKey, 'this key') };
    }
    if (this.#countOf(isMemberWith(caller, 'engineer')) >= maxConnectionsPerEngineer) {
      const sentence = tooMany(maxConnectionsPerEngineer, 'your name');
      return { limit: 'maxConnectionsPerEngineer', sentence };
    }
    if (this.#isFull) {
      return {
        limit: 'maxConnections',
        sentence: 'all connection slots are taken, try again later',
      };
    }
    if (role === 'admin' || this.#hasUnreservedSlot()) return undefined;
    const sentence = 'all connection slots are taken but those kept for admins, try again later';
    return { limit: 'adminReservedConnections', sentence };
  }

  get #isFull(): boolean {
    return this.count >= this.#options.limits.maxConnections;
  }

  #hasUnreservedSlot(): boolean {
    const { maxConnections, adminReservedConnections } = this.#options.limits;
    // A gateway for very few still has room for those who are no admins.
    const reserved = Math.min(adminReservedConnections, Math.floor(maxConnections / 2));
    const isOther = (_: LoggedIn, standing: Standing): boolean =>
      standing.kind !== 'member' || standing.role !== 'admin';
    return !this.#isFull && this.#countOf(isOther) < maxConnections - reserved;
  }

  #notLetIn({ fingerprint }: Caller, why: NotLetIn): Standing {
    const { limits, refusals, log } = this.#options;
    const isTheirs = ({ identity }: LoggedIn, { kind }: Standing): boolean =>
      kind === 'guest' && identity.caller.fingerprint === fingerprint;
    const hasRoom = this.guests < limits.maxGuests && this.#hasUnreservedSlot();
    if (hasRoom && this.#countOf(isTheirs) === 0) return { kind: 'guest', why };
    refusals.note('maxGuests', log);
    return { kind: 'turned-away', why };
  }

  #decideAgain(): void {
    for (const [connection, { kind }] of this.#standings) {
      if (kind !== 'member') continue;
      const { login, caller } = connection.identity;
      const decision = this.#options.access.decide(caller, login);
      // The key may be another engineer's now: nothing they do may stand under the old name.
      if (decision.outcome === 'allowed' && decision.engineer === caller.engineer) {
        this.#standings.set(connection, memberBy(decision));
      } else {
        const isExpired = decision.outcome === 'denied' && decision.reason === 'expired';
        this.#end(connection, isExpired ? 'expired' : 'revoked');
      }
    }
  }

  /** Ends a connection; one that cannot be told goodbye holds up none of the others. */
  #end(connection: LoggedIn, reason: EndReason): void {
    try {
      connection.end(reason);
    } catch (error) {
      this.#options.log.error({ error, connectionId: connection.id }, 'connection not ended');
    }
  }

  #countOf(isMeant: (connection: LoggedIn, standing: Standing) => boolean): number {
    let count = 0;
    for (const entry of this.#standings) if (isMeant(...entry)) count += 1;
    return count;
  }
}

function memberBy({ role, expiresAt }: { role: Role; expiresAt: number | null }): Standing {
  return { kind: 'member', role, expiresAt };
}

function isMemberWith(caller: Caller, what: 'engineer' | 'fingerprint') {
  return ({ identity }: LoggedIn, { kind }: Standing): boolean =>
    kind === 'member' && identity.caller[what] === caller[what];
}

function tooMany(max: number, of: string): string {
  return `there are ${max} connections of ${of} already, end some of them first (an admin sees them with: who --connections)`;
}

function infoOf({ id, identity, since, use }: LoggedIn, standing: Standing): ConnectionInfo {
  const { engineer, fingerprint, remote } = identity.caller;
  const isMember = standing.kind === 'member';
  return {
    ...{ id, engineer, fingerprint, session: visible(identity.login) },
    role: isMember ? standing.role : null,
    until: isoTime(isMember ? standing.expiresAt : null),
    ...{ remote, since: since.toISOString(), ...use },
  };
}
