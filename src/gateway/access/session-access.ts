import { type EngineerName, isName, type SessionName, sessionName } from '../../base/ids.js';
import { visible } from '../../base/visible.js';
import { type AdminScope, findAdminScope } from './admin-scope.js';
import type { Decision } from './decide.js';
import type { GrantStore } from './grant-store.js';

export interface SessionAccessOptions {
  readonly grants: Pick<GrantStore, 'current' | 'decide' | 'onChange'>;
  readonly sessions: {
    /** Every session of the host. @throws UnavailableError where that is not known. */
    get(): readonly SessionName[];
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

  /** Calls `listener` whenever `decide` may answer differently. @returns how to stop that. */
  onChange(listener: () => void): () => void {
    return this.#options.grants.onChange(listener);
  }
}

/** One wording for whatever is missing: a right, the session, or a possible name. */
export function noAccess(name: string): string {
  return `you have no access to a session named "${visible(name)}" here`;
}
