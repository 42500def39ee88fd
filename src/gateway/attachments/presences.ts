import type { AttachmentId, SessionName } from '../../base/ids.js';
import type { Presence } from '../../base/presence.js';
import type { LiveAttachment } from './live-attachment.js';

/** A team that comes back at once must not cost everybody a new line for each of them. */
const INTERVAL_MS = 1_000;

/** What is told of an attachment. */
export interface Present extends Pick<LiveAttachment, 'id' | 'session' | 'mode'> {
  readonly caller: Pick<LiveAttachment['caller'], 'engineer'>;
}

/** Works out who drives and who watches each session, and tells it on a change, once a second at most. */
export class Presences {
  readonly #live: ReadonlyMap<AttachmentId, Present>;
  readonly #show: (session: SessionName, presence: Presence) => void;
  /** Attachments that typed, the last one last. */
  readonly #drivers = new Set<Present>();
  readonly #lastDrivers = new Map<SessionName, Present>();
  /** Sessions that were told of a moment ago, and whether something has changed since. */
  readonly #resting = new Map<SessionName, { readonly timer: NodeJS.Timeout; isStale: boolean }>();

  constructor(
    live: ReadonlyMap<AttachmentId, Present>,
    show: (session: SessionName, presence: Presence) => void,
  ) {
    this.#live = live;
    this.#show = show;
  }

  /** Notes who typed; cheap for somebody who goes on typing. */
  noteTyped(attachment: Present): void {
    if (this.#lastDrivers.get(attachment.session) === attachment) return;
    this.#lastDrivers.set(attachment.session, attachment);
    this.#drivers.delete(attachment);
    this.#drivers.add(attachment);
    this.update(attachment.session);
  }

  /** Forgets an attachment whose view has ended. */
  forget(attachment: Present): void {
    this.#drivers.delete(attachment);
    if (this.#lastDrivers.get(attachment.session) === attachment) {
      this.#lastDrivers.delete(attachment.session);
    }
    this.update(attachment.session);
  }

  update(session: SessionName): void {
    const rest = this.#resting.get(session);
    if (rest !== undefined) {
      rest.isStale = true;
      return;
    }
    const timer = setTimeout(() => this.#endRest(session), INTERVAL_MS);
    this.#resting.set(session, { timer, isStale: false });
    this.#tell(session);
  }

  close(): void {
    for (const { timer } of this.#resting.values()) clearTimeout(timer);
  }

  #endRest(session: SessionName): void {
    const isStale = this.#resting.get(session)?.isStale === true;
    this.#resting.delete(session);
    if (isStale) this.update(session);
  }

  #tell(session: SessionName): void {
    const here = [...this.#live.values()].filter((each) => each.session === session);
    const typing = here.filter(({ mode }) => mode === 'typing');
    const order = [...this.#drivers].reverse().filter((each) => typing.includes(each));
    const drivers = [...order, ...typing].map(({ caller }) => caller.engineer);
    const observers = here.filter(({ mode }) => mode === 'watching').length;
    this.#show(session, { drivers: [...new Set(drivers)], observers });
  }
}
