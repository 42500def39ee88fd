import { ConfigurationError, messageOf, UnavailableError } from '../../base/errors.js';
import type { SessionName } from '../../base/ids.js';
import type { ReloadReport } from '../../base/reload-report.js';
import type { SessionDescription } from '../../base/session-description.js';
import { callsOf, type HostLink, type SessionCalls } from '../../link/host-link.js';
import { SESSION_CALL_NAMES } from '../../link/schema.js';
import type { EventLog } from '../events/event-log.js';
import type { SessionPlan } from '../plan/session-plan.js';
import { HostSession, type HostSessionOptions } from './host-session.js';
import { Reloads } from './reloads.js';

export interface LocalHostOptions {
  readonly plans: readonly SessionPlan[];
  /** Makes the options of a session from its plan. */
  readonly sessionOptions: (plan: SessionPlan) => HostSessionOptions;
  /** Reads the plans anew. @throws what `reload` throws. */
  readonly readPlans: () => Promise<readonly SessionPlan[]>;
  /** Called after each reload with the sessions that there are. */
  readonly onSessions: (names: readonly SessionName[]) => void;
  readonly events: EventLog;
  /** Reads the processes of the machine, unless they were read just now. */
  readonly refreshTelemetry: () => Promise<void>;
}

/**
 * Owns tmux and the triad of this machine behind the link. Promises that the sessions outlive it.
 * It must never know who asks: roles are decided by the gateway.
 */
export class LocalHost {
  /** All that a gateway may ask of the host. */
  readonly link: HostLink;
  /** Resolves when every session was ended by `endSession`. */
  readonly allEnded: Promise<void>;
  readonly #options: LocalHostOptions;
  readonly #sessions: Map<SessionName, HostSession>;
  readonly #goingOn: Set<SessionName>;
  readonly #reloads: Reloads<HostSession>;
  #description: Promise<readonly SessionDescription[]> | undefined;
  #tellAllEnded: () => void = () => undefined;
  #isClosed = false;

  constructor(options: LocalHostOptions) {
    this.#options = options;
    const make = (plan: SessionPlan) => new HostSession(options.sessionOptions(plan));
    this.#sessions = new Map(options.plans.map((plan) => [plan.name, make(plan)]));
    this.#goingOn = new Set(this.#sessions.keys());
    this.#reloads = new Reloads({
      ...{ readPlans: options.readPlans, make },
      ...{ sessions: this.#sessions, goingOn: this.#goingOn },
    });
    this.link = {
      ...callsOf(SESSION_CALL_NAMES, async (name, request) => {
        const session: SessionCalls = this.#get(request.session);
        return session[name](request);
      }),
      describe: () => this.describe(),
      events: async (request) => options.events.read(request),
      reload: () => this.reload(),
      endSession: ({ session }) => this.#end(session),
      whenReachable: () => Promise.resolve(),
      openDriver: async (request) => this.#get(request.session).openDriver(request),
      openMirror: async (request) => this.#get(request.session).openMirror(request),
    };
    this.allEnded = new Promise((resolve) => {
      this.#tellAllEnded = resolve;
    });
  }

  /**
   * Makes or adopts every session; to be called once, at the start.
   *
   * @throws TmuxError or ConfigurationError; sessions this call has made are ended again, adopted
   *   ones go on.
   */
  async open(): Promise<void> {
    try {
      for (const session of this.#sessions.values()) await session.open();
    } catch (error) {
      // A host that is stopped during its start leaves its sessions running, as any stop does.
      if (!this.#isClosed) {
        for (const session of this.#sessions.values()) await session.abandon();
      }
      throw error;
    }
  }

  async describe(): Promise<readonly SessionDescription[]> {
    // Callers at the same time share one reading of the processes, and its answer.
    this.#description ??= this.#describe().finally(() => {
      this.#description = undefined;
    });
    return this.#description;
  }

  async reload(): Promise<ReloadReport> {
    try {
      const report = await this.#reloads.run();
      this.#recordReload(reloadText(report), { changes: report.changes.length });
      return report;
    } catch (error) {
      this.#recordReload(failureText(error), { isWrong: true });
      throw error;
    } finally {
      this.#options.onSessions([...this.#sessions.keys()]);
    }
  }

  /** Ends all supervision at once, even of what is half done; views go on until `close`. Idempotent. */
  letGo(): void {
    this.#isClosed = true;
    this.#reloads.letGo();
    for (const session of this.#sessions.values()) session.letGo();
  }

  /** Ends supervision and views; the sessions and their commands go on. */
  async close(): Promise<void> {
    this.letGo();
    const sessions = [...this.#sessions.values()].map((session) => session.close());
    await Promise.all([...sessions, this.#reloads.close()]);
  }

  async #end(name: SessionName): Promise<void> {
    await this.#get(name).end();
    this.#goingOn.delete(name);
    if (this.#goingOn.size === 0) this.#tellAllEnded();
  }

  async #describe(): Promise<readonly SessionDescription[]> {
    await this.#options.refreshTelemetry();
    return [...this.#sessions.values()].map((session) => session.describe());
  }

  #recordReload(text: string, facts: Readonly<Record<string, number | boolean>>): void {
    const subject = { session: null, pane: null, by: null };
    this.#options.events.record({ kind: 'reloaded', ...subject, text, facts });
  }

  #get(name: SessionName): HostSession {
    const session = this.#sessions.get(name);
    if (session === undefined) throw new UnavailableError(`there is no session ${name}`);
    return session;
  }
}

function failureText(error: unknown): string {
  if (!(error instanceof ConfigurationError)) {
    return `reload failed, not all is done: ${messageOf(error)}`;
  }
  return `reload failed, nothing was changed: ${error.problems.join('; ')}`;
}

function reloadText({ changes }: ReloadReport): string {
  if (changes.length === 0) return 'triad.yaml was read again, nothing changed';
  const each = changes.map(({ session, pane, change }) =>
    pane === null ? `${session} ${change}` : `${session}:${pane} ${change}`,
  );
  return `triad.yaml was applied: ${each.join(', ')}`;
}
