import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { messageOf } from '../../base/errors.js';
import type { SessionName } from '../../base/ids.js';
import { MAX_PRESENT_DRIVERS, NOBODY, type Presence } from '../../base/presence.js';
import { visible } from '../../base/visible.js';
import type { HostLink } from '../../link/host-link.js';
import type { Logger } from '../../log/logger.js';

const RETRY_MS = 1_000;

type PresenceLink = Pick<HostLink, 'present' | 'describe' | 'whenReachable'>;

/**
 * Tells the host who is in each session, for its status lines: the newest state, one session at a time.
 * Whenever the host could not be told it is told everything again: it may be another one.
 */
export class PresenceReporter {
  readonly #link: PresenceLink;
  readonly #log: Logger;
  readonly #over = new AbortController();
  readonly #changes = new EventTarget();
  /** One entry for each session at most. */
  readonly #newest = new Map<SessionName, Presence>();
  /** Sessions that the host was not told of since something changed there. */
  readonly #untold = new Set<SessionName>();

  private constructor(link: PresenceLink, log: Logger) {
    this.#link = link;
    this.#log = log;
  }

  /** Begins at once, with nobody in any session: what a gateway before has told is out of date. */
  static open(link: PresenceLink, log: Logger): PresenceReporter {
    const reporter = new PresenceReporter(link, log);
    void reporter.#keepTelling();
    return reporter;
  }

  show(session: SessionName, presence: Presence): void {
    this.#newest.set(session, presence);
    this.#untold.add(session);
    this.#changes.dispatchEvent(new Event('change'));
  }

  /** Tells nothing more. Idempotent. */
  close(): void {
    this.#over.abort();
  }

  #isOver(): boolean {
    return this.#over.signal.aborted;
  }

  async #keepTelling(): Promise<void> {
    const { signal } = this.#over;
    while (!this.#isOver()) {
      await this.#link.whenReachable(signal);
      try {
        await this.#tellOnAndOn();
      } catch (error) {
        if (this.#isOver()) return;
        this.#log.debug({ reason: visible(messageOf(error)) }, 'presence not told');
        await delay(RETRY_MS, undefined, { signal }).catch(() => undefined);
      }
    }
  }

  /** @throws what the host throws, and when nothing more is to be told. */
  async #tellOnAndOn(): Promise<void> {
    const { signal } = this.#over;
    for (const { name } of await this.#link.describe({})) this.#untold.add(name);
    for (;;) {
      for (const session of this.#untold) {
        this.#untold.delete(session);
        await this.#tell(session);
      }
      if (this.#untold.size === 0) await once(this.#changes, 'change', { signal });
    }
  }

  async #tell(session: SessionName): Promise<void> {
    const { drivers, observers } = this.#newest.get(session) ?? NOBODY;
    const told = { drivers: drivers.slice(0, MAX_PRESENT_DRIVERS), observers };
    await this.#link.present({ session, ...told });
  }
}
