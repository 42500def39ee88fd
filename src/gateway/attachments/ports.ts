import type { AttachmentId, SessionName } from '../../base/ids.js';
import type { AccessQuery, Decision } from '../access/decide.js';
import type { Role } from '../access/role.js';
import type { Presence } from '../mirror/shared-screen.js';
import type { Watcher, WatchRequest } from '../mirror/watching.js';
import type { Caller } from './attachment.js';
import type { EndReason } from './farewell.js';

/** What attachments need to know about access: the one decision, and when to ask it again. */
export interface AccessPort {
  decide(query: AccessQuery): Decision;
  /** Told of changes and of expiry alike. @returns how to stop listening. */
  onChange(listener: () => void): () => void;
}

/** What of attachments goes on record. */
export interface AttachmentAudit {
  attachmentOpened(event: AttachmentEvent): void;
  attachmentRefused(event: { caller: Caller; session: SessionName; reason: string }): void;
  attachmentRoleChanged(event: AttachmentEvent & { from: Role }): void;
  attachmentClosed(event: AttachmentEvent & { reason: EndReason }): void;
}

interface AttachmentEvent {
  readonly id: AttachmentId;
  readonly caller: Caller;
  readonly session: SessionName;
  readonly role: Role;
}

/** The mirrors of all sessions, as attachments use them. */
export interface MirrorsPort {
  /** @throws UnavailableError when the session is not running; LinkLostError. */
  watch(request: WatchRequest): Promise<Watcher>;
  /** Who is there now, for everybody who watches. */
  showPresence(session: SessionName, presence: Presence): void;
}
