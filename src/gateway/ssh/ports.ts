import type { Decision } from '../access/decide.js';
import type { Caller } from '../attachments/attachment.js';
import type { Audit } from '../audit/audit.js';

/** The right that a connection stands on. */
export interface ConnectionAccess {
  /** @param login the SSH user name as the client sent it; anything */
  decide(caller: Pick<Caller, 'engineer' | 'keyBlob' | 'address'>, login: string): Decision;
  /** Told whenever `decide` may answer differently. @returns how to stop listening. */
  onChange(listener: () => void): () => void;
}

/** What the gateway puts on record before its effect is visible; one that throws keeps the client out. */
export type ConnectionAudit = Pick<
  Audit,
  'connectionAuthenticated' | 'engineerNotLetIn' | 'connectionRefused' | 'connectionClosed'
>;
