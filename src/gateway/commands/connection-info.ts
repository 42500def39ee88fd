import type { Role } from '../access/role.js';

/** What listings show of a connection that has logged in. */
export interface ConnectionInfo {
  readonly id: string;
  readonly engineer: string;
  /** Fingerprint of the key that was proven. */
  readonly fingerprint: string;
  /** The SSH user name, made safe to print: the session that the client asked to be let into. */
  readonly session: string;
  /** null for a guest, who is only told why they are not let in. */
  readonly role: Role | null;
  /** When the right to be connected ends by itself, ISO 8601 UTC; null for never. */
  readonly until: string | null;
  readonly remote: string;
  /** ISO 8601 UTC. */
  readonly since: string;
  /** What is served on it now. */
  readonly views: number;
  readonly commands: number;
}

/** The connections of the gateway, as verbs see them. */
export interface ConnectionsPort {
  list(): readonly ConnectionInfo[];
  /** Ends those that are meant; their people may come back. Returns what was ended. */
  kick(isMeant: (info: ConnectionInfo) => boolean): readonly ConnectionInfo[];
}

export interface ConnectionCounts {
  /** All there are, those that have not logged in yet included. */
  readonly open: number;
  readonly max: number;
  readonly loggedIn: number;
  /** How many of the logged in are only told why they are not let in. */
  readonly guests: number;
}
