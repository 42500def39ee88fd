import type { GatewayLimits } from './schema.js';

/** When keys are changed, and how often a client may want to. */
export const KEY_EXCHANGE_LIMITS = {
  /** Bytes in both directions under the same keys (RFC 4253 §9 says a gigabyte). */
  maxBytes: 1024 * 1024 * 1024,
  /** Age of the same keys (RFC 4253 §9 says an hour). */
  maxAgeMs: 60 * 60 * 1000,
  /** What an exchange may take, whoever started it; nothing is sent meanwhile. */
  maxDurationMs: 30_000,
  /** Exchanges that a client may start in a row. */
  maxBurst: 16,
  /** Bytes that earn a client one more exchange: OpenSSH's `RekeyLimit=1M` never runs out. */
  bytesPerExchange: 512 * 1024,
  /** Time that earns a client one more exchange. */
  msPerExchange: 1000,
};

export type KeyExchangeLimits = Readonly<typeof KEY_EXCHANGE_LIMITS>;

export interface KeyExchangesOptions {
  readonly limits: KeyExchangeLimits;
  /** Sends our half of a new exchange. */
  readonly start: () => void;
  /** Bytes of the connection so far, both directions. */
  readonly countBytes: () => number;
  /** The connection must be given up. */
  readonly onFailed: (reason: string) => void;
}

/**
 * The key exchanges of a connection after the first. Each costs the gateway some milliseconds of its
 * only thread, so that a client has to earn them, by time or by traffic; and while one is going on
 * output waits, so that it must come to its end.
 */
export class KeyExchanges {
  readonly #options: KeyExchangesOptions;
  #state: 'resting' | 'running' | 'closed' = 'resting';
  #timer: NodeJS.Timeout | undefined;
  /** When the keys in use were agreed on, counted in bytes of the connection. */
  #changedAtBytes = 0;
  #allowance: number;
  #earnedAtMs = performance.now();
  #earnedAtBytes = 0;

  constructor(options: KeyExchangesOptions) {
    this.#options = options;
    this.#allowance = options.limits.maxBurst;
    this.#rest();
  }

  /** The client announced an exchange, or answered our announcement; false when it is one too many. */
  noteAnnounced(): boolean {
    if (this.#state !== 'resting') return true;
    this.#earn();
    if (this.#allowance < 1) return false;
    this.#allowance -= 1;
    this.#run();
    return true;
  }

  noteFinished(): void {
    if (this.#state === 'running') this.#rest();
  }

  /** Starts an exchange when enough has gone over the connection. */
  check(): void {
    const bytes = this.#options.countBytes() - this.#changedAtBytes;
    if (this.#state === 'resting' && bytes >= this.#options.limits.maxBytes) this.#start();
  }

  /** Stops all timers. Idempotent. */
  close(): void {
    this.#state = 'closed';
    clearTimeout(this.#timer);
  }

  #start(): void {
    this.#run();
    this.#options.start();
  }

  #run(): void {
    this.#state = 'running';
    const { limits, onFailed } = this.#options;
    this.#setTimer(limits.maxDurationMs, () => onFailed('client did not finish a key exchange'));
  }

  #rest(): void {
    this.#state = 'resting';
    this.#changedAtBytes = this.#options.countBytes();
    this.#setTimer(this.#options.limits.maxAgeMs, () => this.#start());
  }

  #setTimer(delayMs: number, act: () => void): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(act, delayMs);
  }

  #earn(): void {
    const { limits, countBytes } = this.#options;
    const nowMs = performance.now();
    const bytes = countBytes();
    const earned =
      (nowMs - this.#earnedAtMs) / limits.msPerExchange +
      (bytes - this.#earnedAtBytes) / limits.bytesPerExchange;
    this.#allowance = Math.min(limits.maxBurst, this.#allowance + earned);
    this.#earnedAtMs = nowMs;
    this.#earnedAtBytes = bytes;
  }
}

/** A network that may be silent for some time may be so during an exchange, too. */
export function keyExchangeLimitsFor(
  limits: Pick<GatewayLimits, 'clientAliveIntervalMs' | 'clientAliveCountMax'>,
): KeyExchangeLimits {
  const silenceMs = limits.clientAliveIntervalMs * (limits.clientAliveCountMax + 1);
  const maxDurationMs = Math.max(KEY_EXCHANGE_LIMITS.maxDurationMs, silenceMs);
  return { ...KEY_EXCHANGE_LIMITS, maxDurationMs };
}
