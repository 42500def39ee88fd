import { Counts } from '../../base/counts.js';
import { networkOf } from '../access/address-bits.js';
import { matchesAddress } from '../access/address-pattern.js';
import { findDisplaced, isFurther, type Progress, type Startup } from './displacement.js';
import type { GatewayLimits, Startups } from './schema.js';
import { type Offence, SourcePenalties } from './source-penalties.js';

/** A limit at which somebody who is not logged in may have to give way, the last descriptors among them. */
export type StartupLimit = 'maxStartups' | 'perSourceMaxStartups' | 'descriptors';

/** The limit at which a fresh connection was refused. */
export type AdmissionLimit = StartupLimit | 'maxConnections' | 'perSourcePenalties';

export interface AdmissionOptions {
  readonly limits: GatewayLimits;
  /** Milliseconds that only grow. */
  readonly now: () => number;
  /** A random number from 0 to less than 1. */
  readonly random: () => number;
}

export interface FreshConnection {
  readonly address: string;
  /** The user of this machine that it comes from, where that is known. */
  readonly uid?: number | undefined;
  /** Whether the process has no file descriptor for one more. */
  readonly lacksDescriptors: boolean;
  /** Whether others may have to give way to it. */
  readonly mayDisplace: boolean;
  /** The connection loses its slot, and must be ended at once. Called at most once. */
  readonly onDisplaced: (limit: StartupLimit) => void;
}

/** A connection that was let in, as long as it is counted. */
export interface Admittance {
  /**
   * The connection came further; once it has logged in it gives way no more. Steps back do not
   * count.
   */
  noteProgress(progress: Progress | 'authenticated'): void;
  /**
   * The connection has ended. Idempotent.
   *
   * @returns false when its source's penalty, or another's, could not be kept in memory.
   */
  end(offence: Offence | undefined): boolean;
}

interface StartupSlot extends Startup {
  progress: Progress;
  since: number;
  readonly isExempt: boolean;
  readonly onDisplaced: FreshConnection['onDisplaced'];
}

/**
 * Decides about fresh connections by their number and source alone, as sshd does before it starts a
 * process for one: sshd_config(5) MaxStartups, PerSourceMaxStartups, PerSourcePenalties. Unlike there
 * a newcomer gets the slot of somebody who does not go on with the login.
 *
 * A user of this machine is a source, whatever the address: one of them cannot shut out the others.
 */
export class Admission {
  readonly #options: AdmissionOptions;
  readonly #penalties: SourcePenalties;
  /** Connections that have not logged in, in the order in which they came. */
  readonly #startups = new Set<StartupSlot>();
  /** How many of those each source has. */
  readonly #counts = new Counts();
  readonly #exempt: string;
  #loggedInCount = 0;

  constructor(options: AdmissionOptions) {
    const { limits, now } = options;
    this.#options = options;
    this.#penalties = new SourcePenalties({ limits: limits.perSourcePenalties, now });
    this.#exempt = limits.perSourcePenaltyExemptList.join(',');
  }

  /** Counts a connection, for which another one may have lost its slot, or names the limit that refuses it. */
  admit(fresh: FreshConnection): Admittance | { readonly refusedBy: AdmissionLimit } {
    const { limits, now } = this.#options;
    const { address, uid, lacksDescriptors, mayDisplace, onDisplaced } = fresh;
    const network = networkOf(address, limits.perSourceNetBlockSize) ?? address;
    const source = uid === undefined ? network : `uid ${uid}`;
    const isExempt = matchesAddress(this.#exempt, address);
    if (!isExempt && this.#penalties.isRefused(source)) return { refusedBy: 'perSourcePenalties' };
    if (this.#loggedInCount >= limits.maxConnections) return { refusedBy: 'maxConnections' };
    const limit = lacksDescriptors ? 'descriptors' : this.#fullFor(source);
    if (limit !== undefined && !(mayDisplace && this.#displace(limit, source))) {
      return { refusedBy: limit };
    }
    const slot: StartupSlot = { source, isExempt, onDisplaced, progress: 'silent', since: now() };
    this.#startups.add(slot);
    this.#counts.add(source, 1);
    return this.#admittanceOf(slot);
  }

  #fullFor(source: string): StartupLimit | undefined {
    const { limits, random } = this.#options;
    if (this.#counts.of(source) >= limits.perSourceMaxStartups) return 'perSourceMaxStartups';
    const odds = dropProbability(this.#startups.size, limits.maxStartups);
    return random() < odds ? 'maxStartups' : undefined;
  }

  /** @returns whether somebody gave way. */
  #displace(limit: StartupLimit, source: string): boolean {
    const isOwn = (slot: StartupSlot): boolean => slot.source === source;
    const displaced = findDisplaced(
      limit === 'perSourceMaxStartups' ? [...this.#startups].filter(isOwn) : this.#startups,
      { source, now: this.#options.now(), countOf: (each) => this.#counts.of(each) },
    );
    if (displaced === undefined) return false;
    this.#remove(displaced);
    displaced.onDisplaced(limit);
    return true;
  }

  #admittanceOf(slot: StartupSlot): Admittance {
    let isLoggedIn = false;
    let hasEnded = false;
    return {
      noteProgress: (progress) => {
        if (!this.#startups.has(slot)) return;
        if (progress === 'authenticated') {
          this.#remove(slot);
          this.#loggedInCount += 1;
          isLoggedIn = true;
        } else if (isFurther(progress, slot.progress)) {
          slot.progress = progress;
          slot.since = this.#options.now();
        }
      },
      end: (offence) => {
        if (hasEnded) return true;
        hasEnded = true;
        this.#remove(slot);
        if (isLoggedIn) this.#loggedInCount -= 1;
        const { source, isExempt } = slot;
        return offence === undefined || isExempt || this.#penalties.penalise(source, offence);
      },
    };
  }

  #remove(slot: StartupSlot): void {
    if (this.#startups.delete(slot)) this.#counts.add(slot.source, -1);
  }
}

/** How likely sshd is to refuse a connection while `startups` others are not logged in. */
export function dropProbability(startups: number, { start, rate, full }: Startups): number {
  if (startups < start) return 0;
  if (startups >= full) return 1;
  return (rate + ((100 - rate) * (startups - start)) / (full - start)) / 100;
}
