import { localTimeText } from '../../base/calendar-time.js';
import type { EngineerName, SessionName } from '../../base/ids.js';
import type { PublicKey } from './public-key.js';
import type { Role } from './role.js';

/** What one line of `keys/authorized_keys` says. */
export interface Grant {
  readonly engineer: EngineerName;
  readonly role: Role;
  readonly sessions: readonly SessionName[] | 'all';
  /** Epoch ms from which on the grant is void; null for never. */
  readonly expiresAt: number | null;
  /** OpenSSH pattern list of the addresses to come from (sshd(8), `from=`); null for anywhere. */
  readonly from: string | null;
  readonly key: PublicKey;
  /** The number of the line in the file, counted from 1. */
  readonly line: number;
}

/** What one edit did to one line: `before` is null for a new line, `after` for a removed one. */
export type GrantDelta =
  | { readonly before: Grant; readonly after: Grant }
  | { readonly before: null; readonly after: Grant }
  | { readonly before: Grant; readonly after: null };

/** Whether a grant is good for a session; with null, for sessions that it does not name. */
export function coversSession(
  grant: Pick<Grant, 'sessions'>,
  session: SessionName | null,
): boolean {
  return grant.sessions === 'all' || (session !== null && grant.sessions.includes(session));
}

export function hasExpired(grant: Pick<Grant, 'expiresAt'>, now: number): boolean {
  return grant.expiresAt !== null && grant.expiresAt <= now;
}

/** The terms of a grant in one line for people: `driver, session pair, until 2030-05-31 18:00:00 +02:00`. */
export function describeGrant(grant: Grant): string {
  const { role, sessions, expiresAt, from } = grant;
  const scope =
    sessions === 'all'
      ? 'all sessions'
      : `${sessions.length === 1 ? 'session' : 'sessions'} ${sessions.join(', ')}`;
  const parts = [role, scope];
  if (expiresAt !== null) parts.push(`until ${localTimeText(expiresAt)}`);
  if (from !== null) parts.push(`from ${from}`);
  return parts.join(', ');
}
