import type { PenaltyLimits } from './schema.js';

/** Why a client that was not let in costs its source a penalty, in the words of sshd_config(5). */
export type Offence = 'authfail' | 'noauth' | 'graceExceeded' | 'refuseConnection';

interface Penalty {
  readonly expiresAt: number;
  readonly isActive: boolean;
}

/** Sources in the order of their last penalties. */
type Table = Map<string, Penalty>;

/** How often a full table is searched for penalties that have run out. */
const SWEEP_INTERVAL_MS = 1000;

export interface SourcePenaltiesOptions {
  readonly limits: PenaltyLimits;
  /** Milliseconds that only grow. */
  readonly now: () => number;
}

/**
 * What sources owe for the failures of their clients (sshd_config(5) PerSourcePenalties): penalties
 * add up, a source is refused from `min` on until they have run out, and no debt is above `max`.
 *
 * IPv6 sources are cheap to come by, so the two families do not share a table.
 */
export class SourcePenalties {
  readonly #limits: PenaltyLimits;
  readonly #now: () => number;
  readonly #ipv4: Table = new Map();
  readonly #ipv6: Table = new Map();
  readonly #sweptAt = new Map<Table, number>();

  constructor({ limits, now }: SourcePenaltiesOptions) {
    this.#limits = limits;
    this.#now = now;
  }

  /** How many sources are remembered. */
  get size(): number {
    return this.#ipv4.size + this.#ipv6.size;
  }

  /** Whether a client from `source` is turned away. */
  isRefused(source: string): boolean {
    const table = this.#tableOf(source);
    if (this.#limits.overflow === 'deny-all' && this.#isFull(table)) return true;
    return this.#find(table, source)?.isActive === true;
  }

  /** Adds a penalty; false when the table was full and one was not kept. */
  penalise(source: string, offence: Offence): boolean {
    const table = this.#tableOf(source);
    const before = this.#find(table, source);
    const isOverflow = before === undefined && this.#isFull(table);
    if (isOverflow && this.#limits.overflow === 'deny-all') return false;
    if (isOverflow) forgetOldest(table);
    table.delete(source);
    table.set(source, this.#add(before, offence));
    return !isOverflow;
  }

  #add(before: Penalty | undefined, offence: Offence): Penalty {
    const { minMs, maxMs, [`${offence}Ms` as const]: costMs } = this.#limits;
    const now = this.#now();
    const sumMs = (before?.expiresAt ?? now) - now + costMs;
    const expiresAt = now + Math.min(sumMs, maxMs);
    return { expiresAt, isActive: before?.isActive === true || expiresAt - now > minMs };
  }

  #find(table: Table, source: string): Penalty | undefined {
    const penalty = table.get(source);
    if (penalty === undefined || penalty.expiresAt > this.#now()) return penalty;
    table.delete(source);
    return undefined;
  }

  #isFull(table: Table): boolean {
    if (table.size < this.#limits.maxSources) return false;
    const now = this.#now();
    const sweptAt = this.#sweptAt.get(table) ?? Number.NEGATIVE_INFINITY;
    if (now - sweptAt < SWEEP_INTERVAL_MS) return true;
    this.#sweptAt.set(table, now);
    for (const [source, { expiresAt }] of table) if (expiresAt <= now) table.delete(source);
    return table.size >= this.#limits.maxSources;
  }

  #tableOf(source: string): Table {
    return source.includes(':') ? this.#ipv6 : this.#ipv4;
  }
}

function forgetOldest(table: Table): void {
  for (const source of table.keys()) {
    table.delete(source);
    return;
  }
}
