import { ConfigurationError, messageOf, UnavailableError } from '../../base/errors.js';
import type { HistoryPage, HistoryRequest } from '../../base/history-page.js';
import type { EventsPage, EventsRequest } from '../../base/host-event.js';
import type { SessionName } from '../../base/ids.js';
import type { OutputPage, OutputRequest } from '../../base/output-page.js';
import type { PaneAddress, PaneSignal, PanesAddress, PaneTarget } from '../../base/pane.js';
import type { CaptureRequest } from '../../base/pane-request.js';
import type { Presence } from '../../base/presence.js';
import type { ReloadReport } from '../../base/reload-report.js';
import type { SessionDescription } from '../../base/session-description.js';
import type {
  DriverView,
  HostLink,
  MirrorRequest,
  MirrorView,
  ViewRequest,
} from '../../link/host-link.js';
import type { EventLog } from '../events/event-log.js';
import type { SessionPlan } from '../plan/session-plan.js';
import { HostSession, type HostSessionOptions } from './host-session.js';
import { Reloads } from './reloads.js';

export interface LocalHostOptions {
  readonly plans: readonly SessionPlan[];
  /** What else a session needs, by its plan. */
  readonly sessionOptions: (plan: SessionPlan) => HostSessionOptions;
  /** Reads the plans anew. @throws what `reload` throws. */
  readonly readPlans: () => Promise<readonly SessionPlan[]>;
  /** The sessions are others after a reload. */
  readonly onSessions: (names: readonly SessionName[]) => void;
  readonly events: EventLog;
  /** Looks at the processes of the machine, where the last look is not new any more. */
  readonly refreshTelemetry: () => Promise<void>;
}

/**
 * Owns tmux and the triad of this machine behind the link. Promises that the sessions outlive it.
 * It must never learn who is asking: roles are the gateway's.
 */
export class LocalHost implements HostLink {
  /** Settles when every session was ended by `endSession`. */
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
    this.allEnded = new Promise((resolve) => {
      this.#tellAllEnded = resolve;
    });
  }

  /**
   * Makes or adopts every session; for once, at the start.
   *
   * @throws TmuxError or ConfigurationError; sessions this call has made are ended again, adopted
   *   ones go on.
   */
  async open(): Promise<void> {
    try {
      for (const session of this.#sessions.values()) await session.open();
    } catch (error) {
      // Stopped in the middle of its start, it leaves behind what it has made, as any stop does.
      if (!this.#isClosed) {
        for (const session of this.#sessions.values()) await session.abandon();
      }
      throw error;
    }
  }

  whenReachable(): Promise<void> {
    return Promise.resolve();
  }

  async describe(): Promise<readonly SessionDescription[]> {
    // All who ask at once wait for the same look, and get the same answer.
    this.#description ??= this.#describe().finally(() => {
      this.#description = undefined;
    });
    return this.#description;
  }

  async openDriver(request: ViewRequest): Promise<DriverView> {
    return this.#get(request.session).openDriver(request);
  }

  async openMirror(request: MirrorRequest): Promise<MirrorView> {
    return this.#get(request.session).openMirror(request);
  }

  async history(target: PaneTarget, request: HistoryRequest): Promise<HistoryPage> {
    return this.#get(target.session).history(target.pane, request);
  }

  async capture(address: PaneAddress, request: CaptureRequest): Promise<readonly string[]> {
    return this.#get(address.session).capture(address.pane, request);
  }

  async send(address: PaneAddress, request: { text: string; enter: boolean }): Promise<void> {
    await this.#get(address.session).send(address.pane, request);
  }

  async keys(address: PaneAddress, keys: readonly string[]): Promise<void> {
    await this.#get(address.session).keys(address.pane, keys);
  }

  async start(panes: PanesAddress): Promise<void> {
    await this.#get(panes.session).start(panes.pane);
  }

  async stop(panes: PanesAddress): Promise<void> {
    await this.#get(panes.session).stop(panes.pane);
  }

  async restart(panes: PanesAddress): Promise<void> {
    await this.#get(panes.session).restart(panes.pane);
  }

  async signal(address: PaneAddress, signal: PaneSignal): Promise<void> {
    await this.#get(address.session).signal(address.pane, signal);
  }

  async output(address: PaneAddress, request: OutputRequest): Promise<OutputPage> {
    return this.#get(address.session).output(address.pane, request);
  }

  async events(request: EventsRequest): Promise<EventsPage> {
    return this.#options.events.read(request);
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

  async present(session: SessionName, presence: Presence): Promise<void> {
    await this.#get(session).present(presence);
  }

  async endSession(session: SessionName): Promise<void> {
    await this.#get(session).end();
    this.#goingOn.delete(session);
    if (this.#goingOn.size === 0) this.#tellAllEnded();
  }

  /** Leads nothing from now on, whatever is half done; what people see goes on until `close`. Idempotent. */
  letGo(): void {
    this.#isClosed = true;
    this.#reloads.letGo();
    for (const session of this.#sessions.values()) session.letGo();
  }

  /** Lets go of the sessions; they and their commands go on. */
  async close(): Promise<void> {
    this.letGo();
    const sessions = [...this.#sessions.values()].map((session) => session.close());
    await Promise.all([...sessions, this.#reloads.close()]);
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
