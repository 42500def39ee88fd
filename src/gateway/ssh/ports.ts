import type { EngineerName } from '../../base/ids.js';
import type { Decision } from '../access/decide.js';
import type { PublicKey } from '../access/public-key.js';
import type { Caller } from '../attachments/attachment.js';

/** A key that some grant names, and whose it is. */
export interface KnownKey {
  readonly engineer: EngineerName;
  readonly key: PublicKey;
}

/** The keys that may log in. What their engineers may do is judged later, per session. */
export interface KnownKeys {
  /** Finds the key with exactly these bytes, whether or not its grants are in force. */
  findKey(blob: Uint8Array): KnownKey | undefined;
}

/** The right that a connection stands on. */
export interface ConnectionAccess {
  /** @param login the SSH user name as the client sent it; anything */
  decide(caller: Pick<Caller, 'engineer' | 'keyBlob' | 'address'>, login: string): Decision;
  /** Told whenever `decide` may answer differently. @returns how to stop listening. */
  onChange(listener: () => void): () => void;
}

/**
 * What the gateway puts on record. Each is called once, before its effect is visible; one that
 * throws keeps the client out.
 */
export interface ConnectionAudit {
  /** An engineer proved to hold a key. */
  connectionAuthenticated(event: AuthenticatedEvent): void;
  /** An engineer proved to hold a key, and is not let in. */
  engineerNotLetIn(event: NotLetInEvent): void;
  /** A connection ended after it had tried to authenticate in vain. */
  connectionRefused(event: RefusedEvent): void;
  /** A connection that had been authenticated ended. */
  connectionClosed(event: ClosedEvent): void;
}

interface ConnectionEvent {
  readonly connectionId: string;
  /** Address and port. */
  readonly remote: string;
  /** The SSH user name as the client sent it, made safe to print. */
  readonly login: string;
}

interface AuthenticatedEvent extends ConnectionEvent {
  readonly engineer: EngineerName;
  readonly fingerprint: string;
}

interface NotLetInEvent extends AuthenticatedEvent {
  /** What `decide()` said, or the limit that was reached. */
  readonly reason: string;
}

interface RefusedEvent extends ConnectionEvent {
  /** Of the last key that was tried; null when none was. */
  readonly fingerprint: string | null;
  /** Why the last attempt failed. */
  readonly reason: string;
  /** How many such events before this one were too many to record. */
  readonly suppressed?: number;
}

interface ClosedEvent extends ConnectionEvent {
  readonly engineer: EngineerName;
  readonly reason: string;
  readonly durationMs: number;
}
