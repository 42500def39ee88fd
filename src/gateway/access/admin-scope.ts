import type { SessionName } from '../../base/ids.js';
import { type AccessQuery, decide } from './decide.js';
import type { Grant } from './grant.js';

/** Where somebody is admin: in every session, those to come included, or in these alone. */
export type AdminScope = 'all' | readonly SessionName[];

/** Where a key is admin, of `sessions` and of what its own lines name; only `decide()` says so. */
export function findAdminScope(
  grants: readonly Grant[],
  query: Omit<AccessQuery, 'session'>,
  sessions: readonly SessionName[],
): AdminScope {
  const own = grants.filter(({ key }) => key.blob.equals(query.keyBlob));
  const isAdmin = (session: SessionName | null): boolean => {
    const decision = decide(own, { ...query, session });
    return decision.outcome === 'allowed' && decision.role === 'admin';
  };
  const named = own.flatMap((grant) => (grant.sessions === 'all' ? [] : grant.sessions));
  const all = [...new Set([...sessions, ...named])];
  return isAdmin(null) && all.every(isAdmin) ? 'all' : all.filter(isAdmin);
}

/** Whether a line grants nothing beyond the sessions of `scope`. */
export function isWithin({ sessions }: Pick<Grant, 'sessions'>, scope: AdminScope): boolean {
  if (scope === 'all') return true;
  return sessions !== 'all' && sessions.every((session) => scope.includes(session));
}

/** Whether somebody is admin of all sessions, from whatever address. */
export function hasGlobalAdmin(grants: readonly Grant[], now: number): boolean {
  const anywhere = grants.map((grant) => ({ ...grant, from: null }));
  return anywhere.some(({ role, sessions, key }) => {
    if (role !== 'admin' || sessions !== 'all') return false;
    return findAdminScope(anywhere, { keyBlob: key.blob, address: '', now }, []) === 'all';
  });
}
