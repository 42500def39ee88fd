import type { EngineerName, SessionName } from '../../base/ids.js';
import { matchesAddress } from './address-pattern.js';
import { coversSession, type Grant, hasExpired } from './grant.js';
import type { Role } from './role.js';

/**
 * Owns access: who an engineer is, by key, and what they may do in a session. Promises that what is
 * not granted is denied, and that one function decides. It must never depend on how somebody
 * connected, nor say to anybody why they were denied, but for an expiry of their own grant.
 */

/** Who asks for what, from where, when. */
export interface AccessQuery {
  readonly keyBlob: Uint8Array;
  /** The session asked about; with null the answer is about sessions that no line names. */
  readonly session: SessionName | null;
  /** The client's IP address, without port. */
  readonly address: string;
  /** Epoch ms. */
  readonly now: number;
}

/** Why a known key does not get in, from the first thing that is checked to the last. */
const DENIALS = ['session', 'expired', 'source-address'] as const;

type Denial = (typeof DENIALS)[number];

/**
 * What `decide()` answers. The reason for a denial is for the log: the person gets one wording
 * for all of them.
 */
export type Decision =
  | {
      readonly outcome: 'allowed';
      readonly engineer: EngineerName;
      readonly role: Role;
      /** Epoch ms at which this answer ends by itself; null for never. */
      readonly expiresAt: number | null;
    }
  | {
      readonly outcome: 'denied';
      readonly engineer: EngineerName;
      readonly reason: Denial;
    }
  | { readonly outcome: 'unknown-key' };

/**
 * Decides about every access to a session; no other code does.
 *
 * Of the lines with the key that was presented, in their order, the first that covers the session,
 * has not expired and lets the address in gives the role. Where none does, the denial is that of
 * the line that came furthest.
 */
export function decide(grants: readonly Grant[], query: AccessQuery): Decision {
  let furthest: Extract<Decision, { outcome: 'denied' }> | undefined;
  for (const grant of grants) {
    if (!grant.key.blob.equals(query.keyBlob)) continue;
    const { engineer, role, expiresAt } = grant;
    const reason = denialOf(grant, query);
    if (reason === undefined) return { outcome: 'allowed', engineer, role, expiresAt };
    if (furthest === undefined || DENIALS.indexOf(reason) > DENIALS.indexOf(furthest.reason)) {
      furthest = { outcome: 'denied', engineer, reason };
    }
  }
  return furthest ?? { outcome: 'unknown-key' };
}

function denialOf(grant: Grant, query: AccessQuery): Denial | undefined {
  if (!coversSession(grant, query.session)) return 'session';
  if (hasExpired(grant, query.now)) return 'expired';
  if (grant.from !== null && !matchesAddress(grant.from, query.address)) return 'source-address';
  return undefined;
}
