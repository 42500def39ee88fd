import { setTimeout as delay } from 'node:timers/promises';
import { messageOf } from '../base/errors.js';
import type { LoopShare } from '../base/loop-share.js';
import { visible } from '../base/visible.js';
import type { Logger } from '../log/logger.js';
import { callsOf, type HostLink } from './host-link.js';
import { type AliveLimits, LinkConnection } from './link-connection.js';
import { LinkLostError } from './link-lost.js';
import { RemoteDriverView } from './remote-driver-view.js';
import { RemoteMirrorView } from './remote-mirror-view.js';
import { CALL_NAMES } from './schema.js';

/**
 * The pause between two attempts: people who wait get their screen within a second of the host's
 * return.
 */
const RETRY_MS = 200;

export interface LinkClientOptions {
  readonly path: string;
  /** The time of this process that all who ask have together. */
  readonly share: LoopShare;
  readonly log: Logger;
  /** How soon a host that hangs counts as lost; defaults to 15 s. */
  readonly alive?: AliveLimits;
  /**
   * Called when the host was reached, for the first time or again; what it throws ends the
   * connection.
   */
  readonly onReached?: (host: HostLink) => Promise<void>;
}

/** The gateway's end of the link's socket form. */
export interface LinkClient extends HostLink {
  /** Closes the connection with the host; views end as lost. Idempotent. */
  close(): void;
}

/** Begins to look for the host; returns before it is found. */
export function openLinkClient(options: LinkClientOptions): LinkClient {
  const host = new KeptConnection(options);
  const link: LinkClient = {
    ...callsOf(CALL_NAMES, async (name, request) => host.get().call(name, request)),
    whenReachable: (signal) => host.whenReachable(signal),
    openDriver: async (request) => RemoteDriverView.open(host.getReached(), request),
    openMirror: async (request) => RemoteMirrorView.open(host.getReached(), request),
    close: () => host.close(),
  };
  void host.keep(link);
  return link;
}

/** The connection with the host. One that is lost is made again for as long as it takes. */
class KeptConnection {
  readonly #options: LinkClientOptions;
  readonly #stop = new AbortController();
  readonly #waiting = new Set<() => void>();
  #connection: LinkConnection | undefined;
  #isReached = false;
  #lastProblem = '';

  constructor(options: LinkClientOptions) {
    this.#options = options;
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

  close(): void {
    this.#stop.abort();
  }

  get(): LinkConnection {
    if (this.#connection !== undefined) return this.#connection;
    throw new LinkLostError({
      hint: this.#lastProblem === '' ? 'start it with: triad host' : "see the gateway's log",
    });
  }

  /**
   * The connection for a view. A host that is still starting opens none yet, so whoever wants one
   * waits as for a lost link.
   */
  getReached(): LinkConnection {
    if (!this.#isReached) throw new LinkLostError();
    return this.get();
  }

  /** Looks for the host until it is closed. */
  async keep(link: HostLink): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      await this.#connect(link);
      await delay(RETRY_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  /** Connects to the host; resolves when it could not be reached, or is gone again. */
  async #connect(link: HostLink): Promise<void> {
    const { path, log, share, onReached, alive } = this.#options;
    try {
      this.#connection = await LinkConnection.open(path, {
        ...{ signal: this.#stop.signal, alive, share },
      });
      if (this.#connection === undefined) this.#lastProblem = '';
      if (this.#connection === undefined || this.#isStopped()) return;
      await onReached?.(link);
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

  #isStopped(): boolean {
    return this.#stop.signal.aborted;
  }

  #noteReached(): void {
    this.#isReached = true;
    this.#lastProblem = '';
    this.#options.log.info('link made');
    for (const tell of this.#waiting) tell();
    this.#waiting.clear();
  }

  /** Logs why the link could not be made; only once while the reason stays the same. */
  #noteProblem(reason: string): void {
    if (reason !== this.#lastProblem) this.#options.log.warn({ reason }, 'link not made');
    this.#lastProblem = reason;
  }
}
