import { dirname } from 'node:path';
import { replaceFile } from '../../base/atomic-file.js';
import { type Clock, pause } from '../../base/clock.js';
import { messageOf, systemCode } from '../../base/errors.js';
import {
  type EventPosition,
  type EventsPage,
  type EventsRequest,
  isAnotherRecord,
} from '../../base/host-event.js';
import { readTrustedFile } from '../../base/trusted-file.js';
import { visible } from '../../base/visible.js';
import type { Logger } from '../../log/logger.js';
import type { Audit } from './audit.js';
import { BEGINNING } from './audit-tail.js';

const WAIT_MS = 5_000;
/** Pause after something went wrong: a host that is starting, a full disk. */
const RETRY_MS = 1_000;
const MAX_POSITION_BYTES = 128;

/** What of the host's events is needed to put them on record. */
interface EventSource {
  whenReachable(signal: AbortSignal): Promise<void>;
  /** A page of events: at once where there are some, else when there is one. */
  events(request: Omit<EventsRequest, 'count'>): Promise<EventsPage>;
}

export interface HostRecordOptions {
  readonly source: EventSource;
  readonly audit: Pick<
    Audit,
    'hostEvent' | 'hostEventsMissed' | 'hostRecordReplaced' | 'lastHostEvent'
  >;
  /** Remembers the last event that is on record. */
  readonly path: string;
  readonly clock: Clock;
  readonly log: Logger;
}

/**
 * Puts what happened in the host on record, in order and over every restart of either side: it asks for
 * what came after the last event it has, which the end of the audit itself tells where there is one. An
 * event is written twice only where the host's record is another one, and never left out without a word.
 */
export class HostRecord {
  readonly #options: HostRecordOptions;
  readonly #stop = new AbortController();
  /** The last event on record; undefined until it was read. */
  #position: EventPosition | undefined;
  #lastProblem = '';
  readonly #done: Promise<void>;

  private constructor(options: HostRecordOptions) {
    this.#options = options;
    this.#done = this.#follow();
  }

  /** Begins at once; what goes wrong is logged and tried again. */
  static open(options: HostRecordOptions): HostRecord {
    return new HostRecord(options);
  }

  /** Resolves when nothing is written any more. Idempotent. */
  async close(): Promise<void> {
    this.#stop.abort();
    await this.#done;
  }

  async #follow(): Promise<void> {
    const { source, path, audit } = this.#options;
    while (!this.#stop.signal.aborted) {
      try {
        await this.#unlessStopped(source.whenReachable(this.#stop.signal));
        this.#position ??= (await audit.lastHostEvent()) ?? readPosition(path);
        const request = { after: this.#position.last, waitMs: WAIT_MS };
        const page = await this.#unlessStopped(source.events(request));
        if (page !== undefined) await this.#take(page, this.#position);
        this.#lastProblem = '';
      } catch (error) {
        this.#noteProblem(visible(messageOf(error)));
        const { clock } = this.#options;
        await pause({ clock, delayMs: RETRY_MS, signal: this.#stop.signal });
      }
    }
  }

  async #take(page: EventsPage, before: EventPosition): Promise<void> {
    try {
      this.#write(page, before);
    } finally {
      if (this.#position !== before) {
        await replaceFile(this.#options.path, `${JSON.stringify(this.#position)}\n`, 0o600);
      }
    }
  }

  #write(page: EventsPage, before: EventPosition): void {
    const { audit } = this.#options;
    if (isAnotherRecord(page, before)) {
      audit.hostRecordReplaced({ after: before.last });
      this.#position = BEGINNING;
      return;
    }
    if (page.missed > 0) audit.hostEventsMissed({ count: page.missed, after: before.last });
    for (const event of page.events) {
      audit.hostEvent(event);
      this.#position = { last: event.number, at: event.at };
    }
  }

  /**
   * Gives undefined once stopped: the host may take long to answer, and must not hold up an end.
   */
  #unlessStopped<T>(work: Promise<T>): Promise<T | undefined> {
    const { signal } = this.#stop;
    return new Promise((resolve, reject) => {
      const stop = () => resolve(undefined);
      if (signal.aborted) stop();
      signal.addEventListener('abort', stop, { once: true });
      work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
    });
  }

  /** Logs a problem once, however often it comes again. */
  #noteProblem(reason: string): void {
    if (reason !== this.#lastProblem && !this.#stop.signal.aborted) {
      this.#options.log.warn({ reason }, 'events of the host not recorded, trying again');
    }
    this.#lastProblem = reason;
  }
}

/** Reads the position from its file; the beginning where the file has none that can be read. */
function readPosition(path: string): EventPosition {
  try {
    const location = { root: dirname(path), path };
    const text = readTrustedFile(location, MAX_POSITION_BYTES).bytes.toString('utf8').trim();
    const [, last, at] = /^\{"last":(\d{1,15})(?:,"at":(\d{1,16}|null))?\}$/.exec(text) ?? [];
    const isTimed = at !== undefined && at !== 'null';
    return { last: Number(last ?? 0), at: isTimed ? Number(at) : null };
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return BEGINNING;
    throw error;
  }
}
