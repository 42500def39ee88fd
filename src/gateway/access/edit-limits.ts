import { NotPermittedError, RefusedError } from '../../base/errors.js';
import type { EngineerName, SessionName } from '../../base/ids.js';
import { type AdminScope, hasGlobalAdmin, isWithin } from './admin-scope.js';
import type { AuthorizedKeys } from './authorized-keys.js';
import { coversSession, type GrantDelta } from './grant.js';
import type { PublicKey } from './public-key.js';

/** What an edit may reach; without it, every line but the last admin of all sessions. */
export interface EditLimits {
  /** Lines that grant anything beyond are neither changed nor told of. */
  readonly within?: AdminScope;
  /** Whether the last admin of all sessions may go. */
  readonly isForced?: boolean;
}

interface LimitedChange extends EditLimits {
  readonly engineer: EngineerName;
  readonly session: SessionName | null;
  readonly keys?: readonly PublicKey[];
}

/**
 * Refuses a change for an engineer who has more than the admin may see: their role in the session comes
 * from such a line, or a new key would make its owner pass for them.
 *
 * @throws NotPermittedError
 */
export function refuseBeyond(file: AuthorizedKeys, change: LimitedChange): void {
  const { engineer, session, keys = [], within = 'all' } = change;
  if (within === 'all') return;
  if (session === null) throw beyondScope(engineer);
  const own = file.grants.filter((grant) => grant.engineer === engineer);
  const beyond = own.filter((grant) => !isWithin(grant, within));
  const known = own.filter((grant) => isWithin(grant, within)).map(({ key }) => key.fingerprint);
  const hasNewKey = keys.some(({ fingerprint }) => !known.includes(fingerprint));
  const isOut = !within.includes(session) || beyond.some((grant) => coversSession(grant, session));
  if (isOut || (beyond.length > 0 && hasNewKey)) throw beyondScope(engineer);
}

/**
 * The last check of what an edit does.
 *
 * @throws NotPermittedError for a line beyond the limits; RefusedError where it takes the last admin of all sessions.
 */
export function refuseEffect(
  old: AuthorizedKeys,
  { file, deltas }: { readonly file: AuthorizedKeys; readonly deltas: readonly GrantDelta[] },
  { engineer, within = 'all', isForced = false, now }: LimitedChange & { readonly now: number },
): void {
  const changed = deltas.flatMap(({ before, after }) => [before, after]);
  if (changed.some((grant) => grant !== null && !isWithin(grant, within))) {
    throw beyondScope(engineer);
  }
  const isLast = hasGlobalAdmin(old.grants, now) && !hasGlobalAdmin(file.grants, now);
  if (isLast && !isForced) {
    throw new RefusedError('nobody would be left who is admin of all sessions', {
      hint: 'make somebody else one first; on the host, --force does it all the same',
    });
  }
}

/** Says the same whatever there is beyond, so as not to tell it. */
export function beyondScope(engineer: EngineerName): NotPermittedError {
  return new NotPermittedError(
    `only an admin of all sessions may change what ${engineer} may do there`,
  );
}
