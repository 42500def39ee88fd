import { type AttachmentId, attachmentId, type SessionName } from '../../base/ids.js';
import type { HostLink } from '../../link/host-link.js';
import type { Logger } from '../../log/logger.js';
import type { SessionAccess } from '../access/session-access.js';
import type { Audit } from '../audit/audit.js';
import type { Watchers } from '../viewer/watchers.js';
import type { Attachment, AttachRequest, DeniedAttachment } from './attachment.js';
import type { EndReason } from './farewell.js';
import { type AttachmentInfo, LiveAttachment } from './live-attachment.js';
import { PresenceReporter } from './presence-reporter.js';
import { Presences } from './presences.js';
import { SessionReturns } from './session-returns.js';

export interface AttachmentsOptions {
  readonly link: HostLink;
  readonly mirrors: Pick<Watchers, 'watch' | 'showPresence'>;
  readonly access: Pick<SessionAccess, 'requireSessions' | 'decide' | 'onChange'>;
  readonly audit: Pick<
    Audit,
    'attachmentOpened' | 'attachmentRefused' | 'attachmentRoleChanged' | 'attachmentClosed'
  >;
  readonly log: Logger;
}

/**
 * Owns the attachments and the role in force for each. Promises that a change of access reaches
 * those who are connected. It must never see SSH: it deals in bytes, sizes and decisions.
 */
export class Attachments {
  readonly #options: AttachmentsOptions;
  readonly #live = new Map<AttachmentId, LiveAttachment>();
  readonly #presences: Presences;
  readonly #presenceReporter: PresenceReporter;
  readonly #returns: SessionReturns;
  readonly #stopListening: () => void;
  #serial = 0;

  constructor(options: AttachmentsOptions) {
    this.#options = options;
    const { mirrors, link, log } = options;
    this.#returns = new SessionReturns(link);
    this.#presenceReporter = PresenceReporter.open(link, log);
    this.#presences = new Presences(this.#live, (session, people) => {
      mirrors.showPresence(session, people);
      this.#presenceReporter.show(session, people);
    });
    this.#stopListening = options.access.onChange(() => this.#decideAgain());
  }

  /** @throws UnavailableError when the session is not running, or no host has told which there are. */
  async open(request: AttachRequest): Promise<Attachment | DeniedAttachment> {
    const { caller, session } = request;
    const { access } = this.#options;
    access.requireSessions();
    const decision = access.decide(caller, session);
    if (decision.outcome !== 'allowed') {
      const reason = decision.outcome === 'denied' ? decision.reason : decision.outcome;
      this.#options.audit.attachmentRefused({ caller, session, reason });
      return { denied: decision };
    }
    this.#serial += 1;
    const id = attachmentId(this.#serial);
    const { link, mirrors } = this.#options;
    const role = decision.role;
    const attachment = await LiveAttachment.open({
      ...{ id, role, request, link, mirrors, since: new Date() },
      returns: this.#returns,
      onTyped: (driver) => this.#presences.noteTyped(driver),
      onModeChanged: () => this.#presences.update(session),
    });
    this.#live.set(id, attachment);
    this.#presences.update(session);
    this.#options.audit.attachmentOpened({ id, caller, session, role });
    void attachment.ended.then(({ reason }) => this.#closed(attachment, reason));
    // Access may have changed while the view was being opened.
    this.#decideAbout(attachment);
    return attachment;
  }

  list(): AttachmentInfo[] {
    return [...this.#live.values()].map((attachment) => attachment.info());
  }

  /** Ends the attachments that are meant; their people may come back. Returns what was ended. */
  kick(isMeant: (info: AttachmentInfo) => boolean): AttachmentInfo[] {
    const meant = [...this.#live.values()].filter((attachment) => isMeant(attachment.info()));
    for (const attachment of meant) attachment.disconnect('kicked');
    return meant.map((attachment) => attachment.info());
  }

  /** Says goodbye to everybody, or to those of one session; resolves when all have their last bytes. */
  async close(reason: EndReason, session?: SessionName): Promise<void> {
    const leaving = [...this.#live.values()].filter(
      (attachment) => session === undefined || attachment.session === session,
    );
    for (const attachment of leaving) attachment.disconnect(reason);
    await Promise.all(leaving.map((attachment) => attachment.ended));
  }

  /** Stops listening to changes of access; for the very end. */
  dispose(): void {
    this.#stopListening();
    this.#presences.close();
    this.#presenceReporter.close();
    this.#returns.close();
  }

  #decideAgain(): void {
    for (const attachment of this.#live.values()) this.#decideAbout(attachment);
  }

  #decideAbout(attachment: LiveAttachment): void {
    const decision = this.#options.access.decide(attachment.caller, attachment.session);
    const isExpired = decision.outcome === 'denied' && decision.reason === 'expired';
    if (decision.outcome !== 'allowed') {
      return attachment.disconnect(isExpired ? 'expired' : 'revoked');
    }
    // The key is another engineer's now: nothing they do may stand under the old name.
    if (decision.engineer !== attachment.caller.engineer) return attachment.disconnect('revoked');
    if (decision.role === attachment.role) return;
    const { id, caller, session, role: from } = attachment;
    this.#options.audit.attachmentRoleChanged({ id, caller, session, role: decision.role, from });
    attachment.changeRole(decision.role).catch((error: unknown) => {
      this.#options.log.warn({ error, attachment: id }, 'view for a new role not opened');
      attachment.disconnect('failed');
    });
  }

  #closed(attachment: LiveAttachment, reason: EndReason): void {
    const { id, caller, session, role } = attachment;
    this.#live.delete(id);
    this.#presences.forget(attachment);
    this.#options.audit.attachmentClosed({ id, caller, session, role, reason });
  }
}
