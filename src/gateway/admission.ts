import { networkOf, type PrefixLengths } from '../access/address-bits.js';
import { matchesAddress } from '../access/address-pattern.js';
import { type Offence, type PenaltyLimits, SourcePenalties } from './source-penalties.js';

/** From `start` connections that are not logged in `rate` percent are refused, from `full` on all. */
export interface Startups {
  readonly start: number;
  readonly rate: number;
  readonly full: number;
}

export interface AdmissionLimits {
  readonly maxConnections: number;
  readonly maxStartups: Startups;
  readonly perSourceMaxStartups: number;
  readonly perSourceNetBlockSize: PrefixLengths;
  readonly perSourcePenalties: PenaltyLimits;
  readonly perSourcePenaltyExemptList: readonly string[];
}

/** The limit at which a fresh connection was refused. */
export type AdmissionLimit =
  | 'maxConnections'
  | 'maxStartups'
  | 'perSourceMaxStartups'
  | 'perSourcePenalties';

export interface AdmissionOptions {
  readonly limits: AdmissionLimits;
  /** Milliseconds that only grow. */
  readonly now: () => number;
  /** From 0 to less than 1. */
  readonly random: () => number;
}

/** A connection that was let in, as long as it is counted. */
export interface Admittance {
  /** It has logged in, and is one of those that `maxStartups` counts no more. Idempotent. */
  noteAuthenticated(): void;
  /**
   * It has ended. Idempotent.
   *
   * @returns false when its source's penalty, or another's, could not be kept in memory.
   */
  end(offence: Offence | undefined): boolean;
}

/**
 * Decides about fresh connections by their number and source alone, as sshd does before it starts a
 * process for one: sshd_config(5) MaxStartups, PerSourceMaxStartups, PerSourcePenalties.
 */
export class Admission {
  readonly #limits: AdmissionLimits;
  readonly #random: () => number;
  readonly #penalties: SourcePenalties;
  readonly #startups = new Map<string, number>();
  readonly #exempt: string;
  #startupCount = 0;
  #connectionCount = 0;

  constructor({ limits, now, random }: AdmissionOptions) {
    this.#limits = limits;
    this.#random = random;
    this.#penalties = new SourcePenalties({ limits: limits.perSourcePenalties, now });
    this.#exempt = limits.perSourcePenaltyExemptList.join(',');
  }

  /** Counts a connection from `address`, or names the limit that refuses it. */
  admit(address: string): Admittance | { readonly refusedBy: AdmissionLimit } {
    const source = networkOf(address, this.#limits.perSourceNetBlockSize) ?? address;
    const isExempt = matchesAddress(this.#exempt, address);
    const refusedBy = this.#refusalOf(source, isExempt);
    return refusedBy === undefined ? this.#count(source, isExempt) : { refusedBy };
  }

  #refusalOf(source: string, isExempt: boolean): AdmissionLimit | undefined {
    const { maxConnections, maxStartups, perSourceMaxStartups } = this.#limits;
    if (!isExempt && this.#penalties.isRefused(source)) return 'perSourcePenalties';
    if (this.#connectionCount >= maxConnections) return 'maxConnections';
    if ((this.#startups.get(source) ?? 0) >= perSourceMaxStartups) return 'perSourceMaxStartups';
    const odds = dropProbability(this.#startupCount, maxStartups);
    return this.#random() < odds ? 'maxStartups' : undefined;
  }

  #count(source: string, isExempt: boolean): Admittance {
    let phase: 'startup' | 'authenticated' | 'ended' = 'startup';
    this.#connectionCount += 1;
    this.#addStartups(source, 1);
    return {
      noteAuthenticated: () => {
        if (phase !== 'startup') return;
        phase = 'authenticated';
        this.#addStartups(source, -1);
      },
      end: (offence) => {
        if (phase === 'ended') return true;
        if (phase === 'startup') this.#addStartups(source, -1);
        phase = 'ended';
        this.#connectionCount -= 1;
        return offence === undefined || isExempt || this.#penalties.penalise(source, offence);
      },
    };
  }

  #addStartups(source: string, more: 1 | -1): void {
    this.#startupCount += more;
    const left = (this.#startups.get(source) ?? 0) + more;
    if (left === 0) this.#startups.delete(source);
    else this.#startups.set(source, left);
  }
}

/** How likely sshd is to refuse a connection while `startups` others are not logged in. */
export function dropProbability(startups: number, { start, rate, full }: Startups): number {
  if (startups < start) return 0;
  if (startups >= full) return 1;
  return (rate + ((100 - rate) * (startups - start)) / (full - start)) / 100;
}
