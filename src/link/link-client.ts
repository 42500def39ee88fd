import { setTimeout as delay } from 'node:timers/promises';
import { messageOf } from '../base/errors.js';
import type { HistoryPage, HistoryRequest } from '../base/history-page.js';
import type { EventsPage, EventsRequest } from '../base/host-event.js';
import type { SessionName } from '../base/ids.js';
import type { LoopShare } from '../base/loop-share.js';
import type { OutputPage, OutputRequest } from '../base/output-page.js';
import type { PaneAddress, PaneSignal, PanesAddress, PaneTarget } from '../base/pane.js';
import type { CaptureRequest } from '../base/pane-request.js';
import type { Presence } from '../base/presence.js';
import type { ReloadReport } from '../base/reload-report.js';
import type { SessionDescription } from '../base/session-description.js';
import { visible } from '../base/visible.js';
import type { Logger } from '../log/logger.js';
import type { DriverView, HostLink, MirrorRequest, MirrorView, ViewRequest } from './host-link.js';
import { type AliveLimits, LinkConnection } from './link-connection.js';
import { LinkLostError } from './link-lost.js';
import { RemoteDriverView } from './remote-driver-view.js';
import { RemoteMirrorView } from './remote-mirror-view.js';

/** Between two attempts: people who wait get their screen within a second of the host's return. */
const RETRY_MS = 200;

export interface LinkClientOptions {
  readonly path: string;
  /** What all who ask may cost. */
  readonly share: LoopShare;
  readonly log: Logger;
  /** How soon a host that hangs counts as lost; defaults to 15 s. */
  readonly alive?: AliveLimits;
  /** The host was reached, for the first time or again; what it throws ends the connection. */
  readonly onReached?: (host: HostLink) => Promise<void>;
}

/** The gateway's end of the link's socket form. A lost link is made again for as long as it takes. */
export class LinkClient implements HostLink {
  readonly #options: LinkClientOptions;
  readonly #stop = new AbortController();
  readonly #waiting = new Set<() => void>();
  #connection: LinkConnection | undefined;
  #isReached = false;
  #lastProblem = '';

  private constructor(options: LinkClientOptions) {
    this.#options = options;
  }

  /** Begins to look for the host; returns before it is found. */
  static open(options: LinkClientOptions): LinkClient {
    const client = new LinkClient(options);
    void client.#keepConnected();
    return client;
  }

  whenReachable(signal: AbortSignal): Promise<void> {
    if (this.#isReached && this.#connection?.isOpen === true) return Promise.resolve();
    return new Promise((resolve) => {
      const forget = () => this.#waiting.delete(tell);
      const tell = () => {
        signal.removeEventListener('abort', forget);
        resolve();
      };
      this.#waiting.add(tell);
      signal.addEventListener('abort', forget, { once: true });
    });
  }

  async describe(): Promise<readonly SessionDescription[]> {
    return this.#get().call('describe', {});
  }

  async openDriver(request: ViewRequest): Promise<DriverView> {
    return RemoteDriverView.open({ connection: this.#getReached(), request });
  }

  async openMirror(request: MirrorRequest): Promise<MirrorView> {
    return RemoteMirrorView.open({ connection: this.#getReached(), request });
  }

  async capture(address: PaneAddress, request: CaptureRequest): Promise<readonly string[]> {
    const connection = this.#get();
    return this.#options.share.during('link', (slices) =>
      connection.capture({ ...address, ...request }, slices),
    );
  }

  async history(pane: PaneTarget, request: HistoryRequest): Promise<HistoryPage> {
    return this.#get().call('history', { ...pane, ...request });
  }

  async send(address: PaneAddress, request: { text: string; enter: boolean }): Promise<void> {
    await this.#get().call('send', { ...address, ...request });
  }

  async keys(address: PaneAddress, keys: readonly string[]): Promise<void> {
    await this.#get().call('keys', { ...address, keys: [...keys] });
  }

  async start(panes: PanesAddress): Promise<void> {
    await this.#get().call('start', panes);
  }

  async stop(panes: PanesAddress): Promise<void> {
    await this.#get().call('stop', panes);
  }

  async restart(panes: PanesAddress): Promise<void> {
    await this.#get().call('restart', panes);
  }

  async signal(address: PaneAddress, signal: PaneSignal): Promise<void> {
    await this.#get().call('signal', { ...address, signal });
  }

  async output(address: PaneAddress, request: OutputRequest): Promise<OutputPage> {
    const { bytes, ...page } = await this.#get().call('output', { ...address, ...request });
    return { ...page, bytes: Buffer.from(bytes, 'base64') };
  }

  async events(request: EventsRequest): Promise<EventsPage> {
    return this.#get().call('events', request);
  }

  async reload(): Promise<ReloadReport> {
    return this.#get().call('reload', {});
  }

  async present(session: SessionName, { drivers, observers }: Presence): Promise<void> {
    await this.#get().call('present', { session, drivers: [...drivers], observers });
  }

  async endSession(session: SessionName): Promise<void> {
    await this.#get().call('end-session', { session });
  }

  /** Lets go of the host; views end as lost. Idempotent. */
  close(): void {
    this.#stop.abort();
  }

  #isStopped(): boolean {
    return this.#stop.signal.aborted;
  }

  #get(): LinkConnection {
    if (this.#connection !== undefined) return this.#connection;
    throw new LinkLostError({
      hint: this.#lastProblem === '' ? 'start it with: triad host' : "see the gateway's log",
    });
  }

  /** A host that is still starting opens no views yet: who wants one had better wait and be told. */
  #getReached(): LinkConnection {
    if (!this.#isReached) throw new LinkLostError();
    return this.#get();
  }

  async #keepConnected(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      await this.#connect();
      await delay(RETRY_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  /** Resolves when the host is not there, or not any more. */
  async #connect(): Promise<void> {
    const { path, log, onReached, alive } = this.#options;
    try {
      this.#connection = await LinkConnection.open(path, { signal: this.#stop.signal, alive });
      if (this.#connection === undefined) this.#lastProblem = '';
      if (this.#connection === undefined || this.#isStopped()) return;
      await onReached?.(this);
      this.#noteReached();
      await this.#connection.closed;
      if (!this.#isStopped()) log.warn('link lost');
    } catch (error) {
      if (!this.#isStopped()) this.#noteProblem(visible(messageOf(error)));
    } finally {
      this.#isReached = false;
      this.#connection?.close();
      this.#connection = undefined;
    }
  }

  #noteReached(): void {
    this.#isReached = true;
    this.#lastProblem = '';
    this.#options.log.info('link made');
    for (const tell of this.#waiting) tell();
    this.#waiting.clear();
  }

  /** Once, however often it is tried. */
  #noteProblem(reason: string): void {
    if (reason !== this.#lastProblem) this.#options.log.warn({ reason }, 'link not made');
    this.#lastProblem = reason;
  }
}
