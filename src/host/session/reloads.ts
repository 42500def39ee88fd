import { messageOf, RefusedError, UnavailableError } from '../../base/errors.js';
import type { SessionName } from '../../base/ids.js';
import type { ReloadChange, ReloadReport } from '../../base/reload-report.js';
import { Turns } from '../../base/turns.js';
import type { SessionPlan } from '../plan/session-plan.js';
import type { HostSession } from './host-session.js';

/** How many reloads may wait: each reads the file anew, so that more would do nothing more. */
const MAX_WAITING = 8;

/** What a reload calls of a session. */
export type ReloadedSession = Pick<
  HostSession,
  'open' | 'apply' | 'end' | 'abandon' | 'letGo' | 'close'
>;

export interface ReloadsOptions<S extends ReloadedSession> {
  /** @throws ConfigurationError when something is wrong, and then nothing is changed. */
  readonly readPlans: () => Promise<readonly SessionPlan[]>;
  /** The sessions there are; `run` adds and removes some. */
  readonly sessions: Map<SessionName, S>;
  /** The names of those that nobody has ended for good. */
  readonly goingOn: Set<SessionName>;
  readonly make: (plan: SessionPlan) => S;
}

/** Applies `triad.yaml` to the sessions, one reload after the other. */
export class Reloads<S extends ReloadedSession> {
  readonly #options: ReloadsOptions<S>;
  readonly #turns = new Turns({ maxAtOnce: 1, maxWaiting: MAX_WAITING });
  /** The sessions that are being opened. */
  readonly #opening = new Set<S>();
  #isClosed = false;

  constructor(options: ReloadsOptions<S>) {
    this.#options = options;
  }

  /**
   * Reads the plans and applies them.
   *
   * @throws ConfigurationError for a wrong file, which changes nothing; RefusedError when some
   *   sessions could not be changed, and the others were.
   */
  run(): Promise<ReloadReport> {
    return this.#turns.take(async () => {
      const plans = await this.#options.readPlans();
      return { changes: await this.#apply(plans) };
    });
  }

  /** Stops: a reload that is under way does nothing more. */
  letGo(): void {
    this.#isClosed = true;
    for (const session of this.#opening) session.letGo();
  }

  async close(): Promise<void> {
    this.letGo();
    await Promise.all([...this.#opening].map((session) => session.close()));
  }

  async #apply(plans: readonly SessionPlan[]): Promise<ReloadChange[]> {
    const { sessions } = this.#options;
    const changes: ReloadChange[] = [];
    const failures: string[] = [];
    const attempt = async (name: SessionName, work: () => Promise<readonly ReloadChange[]>) => {
      if (this.#isClosed) throw new UnavailableError('the host is stopping');
      try {
        changes.push(...(await work()));
      } catch (error) {
        failures.push(`${name}: ${messageOf(error)}`);
      }
    };
    const planned = new Set(plans.map(({ name }) => name));
    const removed = [...sessions].filter(([name]) => !planned.has(name));
    for (const [name, session] of removed) await attempt(name, () => this.#remove(name, session));
    for (const plan of plans) await attempt(plan.name, () => this.#applyOne(plan));
    if (failures.length === 0) return changes;
    throw new RefusedError(`not all of triad.yaml could be applied: ${failures.join('; ')}`, {
      userMessage: 'not all of triad.yaml could be applied; the log of the host says why',
    });
  }

  async #applyOne(plan: SessionPlan): Promise<readonly ReloadChange[]> {
    const { sessions, goingOn, make } = this.#options;
    const { name } = plan;
    const there = sessions.get(name);
    // A session that somebody has ended is not started again by a reload.
    if (there !== undefined) return goingOn.has(name) ? there.apply(plan) : [];
    const session = make(plan);
    this.#opening.add(session);
    try {
      await session.open();
    } catch (error) {
      // A host that is stopped meanwhile leaves the session running, as any stop does.
      await (this.#isClosed ? session.close() : session.abandon());
      throw error;
    } finally {
      this.#opening.delete(session);
    }
    sessions.set(name, session);
    goingOn.add(name);
    return [{ session: name, pane: null, change: 'added' }];
  }

  async #remove(name: SessionName, session: S): Promise<readonly ReloadChange[]> {
    const { sessions, goingOn } = this.#options;
    if (goingOn.has(name)) await session.end();
    sessions.delete(name);
    goingOn.delete(name);
    return [{ session: name, pane: null, change: 'removed' }];
  }
}
