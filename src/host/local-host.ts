import { UnavailableError } from '../base/errors.js';
import type { SessionName } from '../base/ids.js';
import type { EventsPage, EventsRequest } from '../link/host-event.js';
import type {
  CaptureRequest,
  DriverView,
  HistoryPage,
  HistoryRequest,
  HostLink,
  MirrorRequest,
  MirrorView,
  OutputPage,
  OutputRequest,
  PaneAddress,
  PaneSignal,
  PanesAddress,
  PaneTarget,
  Presence,
  ReloadReport,
  SessionDescription,
  ViewRequest,
} from '../link/host-link.js';
import { HostSession, type HostSessionOptions } from './host-session.js';

/**
 * Owns tmux and the triad of this machine behind the link. Promises that the sessions outlive it.
 * It must never learn who is asking: roles are the gateway's.
 */
export class LocalHost implements HostLink {
  /** Settles when every session was ended by `endSession`. */
  readonly allEnded: Promise<void>;
  readonly #sessions: ReadonlyMap<SessionName, HostSession>;
  readonly #goingOn: Set<SessionName>;
  #tellAllEnded: () => void = () => undefined;

  constructor(sessions: readonly HostSessionOptions[]) {
    const all = sessions.map((options) => new HostSession(options));
    this.#sessions = new Map(all.map((session) => [session.name, session]));
    this.#goingOn = new Set(this.#sessions.keys());
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
      for (const session of this.#sessions.values()) await session.abandon();
      throw error;
    }
  }

  whenReachable(): Promise<void> {
    return Promise.resolve();
  }

  describe(): Promise<readonly SessionDescription[]> {
    return Promise.resolve([...this.#sessions.values()].map((session) => session.describe()));
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

  async capture(address: PaneAddress, request: CaptureRequest): Promise<string> {
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

  async events(_request: EventsRequest): Promise<EventsPage> {
    throw new UnavailableError('not built yet');
  }

  async reload(): Promise<ReloadReport> {
    throw new UnavailableError('not built yet');
  }

  async present(session: SessionName, presence: Presence): Promise<void> {
    await this.#get(session).present(presence);
  }

  async endSession(session: SessionName): Promise<void> {
    await this.#get(session).end();
    this.#goingOn.delete(session);
    if (this.#goingOn.size === 0) this.#tellAllEnded();
  }

  /** Lets go of the sessions; they and their commands go on. */
  close(): void {
    for (const session of this.#sessions.values()) session.close();
  }

  #get(name: SessionName): HostSession {
    const session = this.#sessions.get(name);
    if (session === undefined) throw new UnavailableError(`there is no session ${name}`);
    return session;
  }
}
