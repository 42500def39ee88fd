import { setTimeout as delay } from 'node:timers/promises';
import { messageOf } from '../base/errors.js';
import type { SessionName } from '../base/ids.js';
import { visible } from '../base/visible.js';
import type { Logger } from '../log/logger.js';
import type {
  CaptureRequest,
  DriverView,
  HostLink,
  PaneAddress,
  SessionDescription,
  View,
  ViewRequest,
} from './host-link.js';
import { LinkConnection } from './link-connection.js';
import { LinkLostError } from './link-lost.js';
import { RemoteDriverView, RemoteView, type RemoteViewOptions } from './remote-view.js';

/** Between two attempts: people who wait get their screen within a second of the host's return. */
const RETRY_MS = 200;

export interface LinkClientOptions {
  readonly path: string;
  readonly log: Logger;
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
      this.#waiting.add(resolve);
      signal.addEventListener('abort', () => this.#waiting.delete(resolve), { once: true });
    });
  }

  async describe(): Promise<readonly SessionDescription[]> {
    return this.#get().call('describe', {});
  }

  async openDriver(request: ViewRequest): Promise<DriverView> {
    return RemoteDriverView.open(this.#viewOptions(request));
  }

  async openObserver(request: ViewRequest): Promise<View> {
    return RemoteView.open(this.#viewOptions(request));
  }

  async capture(address: PaneAddress, request: CaptureRequest): Promise<string> {
    return this.#get().call('capture', { ...address, ...request });
  }

  async send(address: PaneAddress, request: { text: string; enter: boolean }): Promise<void> {
    await this.#get().call('send', { ...address, ...request });
  }

  async keys(address: PaneAddress, keys: readonly string[]): Promise<void> {
    await this.#get().call('keys', { ...address, keys: [...keys] });
  }

  async restart(address: PaneAddress): Promise<void> {
    await this.#get().call('restart', address);
  }

  async endSession(session: SessionName): Promise<void> {
    await this.#get().call('end-session', { session });
  }

  /** Lets go of the host; views end as lost. Idempotent. */
  close(): void {
    this.#stop.abort();
    this.#connection?.close();
  }

  #get(): LinkConnection {
    if (this.#connection === undefined) throw new LinkLostError();
    return this.#connection;
  }

  #viewOptions({ session, term, size, onOutput }: ViewRequest): RemoteViewOptions {
    return { connection: this.#get(), request: { session, term, size }, onOutput };
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
    const { path, log, onReached } = this.#options;
    try {
      this.#connection = await LinkConnection.open(path);
      if (this.#connection === undefined || this.#stop.signal.aborted) return;
      await onReached?.(this);
      this.#noteReached();
      await this.#connection.closed;
      log.warn('link lost');
    } catch (error) {
      this.#noteProblem(visible(messageOf(error)));
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
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
  }

  /** Once, however often it is tried. */
  #noteProblem(reason: string): void {
    if (reason !== this.#lastProblem) this.#options.log.warn({ reason }, 'link not made');
    this.#lastProblem = reason;
  }
}
