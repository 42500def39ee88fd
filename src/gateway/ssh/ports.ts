import type { SessionAccess } from '../access/session-access.js';
import type { Audit } from '../audit/audit.js';

/** The right that a connection stands on. */
export type ConnectionAccess = Pick<SessionAccess, 'decide' | 'onChange'>;

/** What the gateway puts on record before its effect is visible; one that throws keeps the client out. */
export type ConnectionAudit = Pick<
  Audit,
  'connectionAuthenticated' | 'engineerNotLetIn' | 'connectionRefused' | 'connectionClosed'
>;
