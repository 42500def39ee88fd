import { setTimeout as delay } from 'node:timers/promises';
import type { SessionName } from '../../base/ids.js';
import type { SessionState } from '../../base/session-description.js';
import type { HostLink } from '../../link/host-link.js';
import { LinkLostError } from '../../link/link-lost.js';

/** How often the host is asked; all who wait for a session share one question. */
const INTERVAL_MS = 500;

type ReturnsLink = Pick<HostLink, 'describe' | 'whenReachable'>;

/** Tells those whose session has ended whether it comes back, and when. */
export class SessionReturns {
  readonly #link: ReturnsLink;
  readonly #over = new AbortController();
  readonly #waits = new Map<SessionName, Promise<boolean>>();

  constructor(link: ReturnsLink) {
    this.#link = link;
  }

  /** Whether the session is to come back, by the host's word now. */
  async isAwaited(session: SessionName): Promise<boolean> {
    const state = await this.#stateOf(session);
    return state !== 'ended';
  }

  /** Resolves with true when the session runs again, with false once it has ended for good. */
  whenBack(session: SessionName): Promise<boolean> {
    const waiting = this.#waits.get(session) ?? this.#wait(session);
    this.#waits.set(session, waiting);
    return waiting;
  }

  /** Whoever waits is told that the session does not come back. Idempotent. */
  close(): void {
    this.#over.abort();
  }

  async #wait(session: SessionName): Promise<boolean> {
    const { signal } = this.#over;
    try {
      for (;;) {
        // A host may learn of the end later than those whose view of it has ended.
        await delay(INTERVAL_MS, undefined, { signal });
        await this.#link.whenReachable(signal);
        const state = await this.#stateOf(session);
        if (state !== 'starting') return state === 'running';
      }
    } catch (error) {
      if (signal.aborted) return false;
      throw error;
    } finally {
      this.#waits.delete(session);
    }
  }

  async #stateOf(session: SessionName): Promise<SessionState> {
    try {
      const sessions = await this.#link.describe({});
      return sessions.find(({ name }) => name === session)?.state ?? 'ended';
    } catch (error) {
      if (error instanceof LinkLostError) return 'starting';
      throw error;
    }
  }
}
