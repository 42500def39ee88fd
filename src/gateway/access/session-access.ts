import { localTimeText } from '../../base/calendar-time.js';
import { type EngineerName, isName, type SessionName, sessionName } from '../../base/ids.js';
import { visible } from '../../base/visible.js';
import { type AdminScope, findAdminScope } from './admin-scope.js';
import type { Decision } from './decide.js';
import { coversSession, hasExpired } from './grant.js';
import type { GrantStore } from './grant-store.js';

/** Few enough to fit in what OpenSSH shows of a disconnect (`packet.c`, 400 characters). */
const MAX_LISTED = 8;
const MAX_SHOWN_NAME = 64;

export interface SessionAccessOptions {
  readonly grants: Pick<GrantStore, 'current' | 'decide' | 'onChange'>;
  readonly sessions: {
    /** Every session of the host. @throws UnavailableError where that is not known. */
    get(): readonly SessionName[];
    /** The sessions that are known: none while no host has told. */
    find(): readonly SessionName[];
    /** Whether the host has a session of that name; true for any while no host has told which there are. */
    mayHave(name: string): boolean;
  };
}

/** Somebody whose key was proven, and from where they come. */
export interface KeyHolder {
  readonly engineer: EngineerName;
  readonly keyBlob: Uint8Array;
  /** The client's IP address, without port. */
  readonly address: string;
}

/** The one answer to what somebody may do in a session: it asks whether there is one, and then `decide()`. */
export class SessionAccess {
  readonly #options: SessionAccessOptions;

  constructor(options: SessionAccessOptions) {
    this.#options = options;
  }

  /** Every session of the host. @throws UnavailableError where that is not known. */
  requireSessions(): readonly SessionName[] {
    return this.#options.sessions.get();
  }

  /**
   * What somebody may do in the session of a name, be it an SSH user name or any other text. Nobody has a
   * right to a session that the host does not have; while no host has told, their grants alone decide.
   */
  decide({ engineer, keyBlob, address }: KeyHolder, name: string): Decision {
    const { grants, sessions } = this.#options;
    if (!isName(name) || !sessions.mayHave(name)) {
      return { outcome: 'denied', engineer, reason: 'session' };
    }
    return grants.decide({ keyBlob, address, session: sessionName(name), now: Date.now() });
  }

  /** Where somebody is admin now. */
  adminScope({ keyBlob, address }: KeyHolder): AdminScope {
    const { grants, sessions } = this.#options;
    const query = { keyBlob, address, now: Date.now() };
    return findAdminScope(grants.current.grants, query, sessions.get());
  }

  /** Why somebody has no right to a session, as far as they may know: an expiry of theirs, else what they may see. */
  explain(holder: KeyHolder, name: string): string {
    const denied = this.decide(holder, name);
    const isExpired = denied.outcome === 'denied' && denied.reason === 'expired';
    if (isExpired && isName(name)) return this.#expiry(holder, sessionName(name));
    const isSeen = (session: SessionName) => this.decide(holder, session).outcome === 'allowed';
    return noAccess(name, this.#options.sessions.find().filter(isSeen));
  }

  #expiry({ keyBlob }: KeyHolder, session: SessionName): string {
    const covering = this.#options.grants.current.grants.filter((grant) =>
      coversSession(grant, session),
    );
    const ends = covering.map(({ key, expiresAt }) =>
      key.blob.equals(keyBlob) ? (expiresAt ?? 0) : 0,
    );
    const when = localTimeText(Math.max(0, ...ends));
    const now = Date.now();
    const admins = covering
      .filter((grant) => grant.role === 'admin' && !hasExpired(grant, now))
      .map(({ engineer }) => engineer);
    const whom = askedFor([...new Set(admins)], session);
    return `your access to ${session} expired at ${when}; ${whom}`;
  }

  /** Calls `listener` whenever `decide` may answer differently. @returns how to stop that. */
  onChange(listener: () => void): () => void {
    return this.#options.grants.onChange(listener);
  }
}

/**
 * One wording for whatever is missing: a right, the session, or a possible name.
 *
 * @param seen the sessions that they may see, which they know of anyway
 */
export function noAccess(name: string, seen: readonly SessionName[] = []): string {
  const there = seen.length === 0 ? '' : `; sessions that you may see: ${listed(seen)}`;
  return `you have no access to a session named "${visible(name, MAX_SHOWN_NAME)}" here${there}`;
}

function askedFor(admins: readonly EngineerName[], session: SessionName): string {
  if (admins.length === 0) return 'ask whoever runs this gateway for a new grant';
  return `ask an admin of ${session} for a new grant: ${listed(admins)}`;
}

function listed(names: readonly string[]): string {
  const more = names.length - MAX_LISTED;
  return names.slice(0, MAX_LISTED).join(', ') + (more > 0 ? ` and ${more} more` : '');
}
