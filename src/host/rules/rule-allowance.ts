import type { RulePlan } from './rule-plan.js';

/** The least time between two reports that something keeps a rule from firing. */
const MIN_TELL_INTERVAL_MS = 60_000;

/** `cooling`: its cooldown is not over. `spent`: it fired as often as its limit allows. */
export type Allowance = 'free' | 'cooling' | 'spent';

/** How often one rule may fire. Times are of `Clock.elapsed`. */
export class RuleAllowance {
  #plan: RulePlan;
  /** The moments of the last firings, oldest first; never more than `limit.count`. */
  #firedAt: number[] = [];
  #toldAt = Number.NEGATIVE_INFINITY;

  constructor(plan: RulePlan) {
    this.#plan = plan;
  }

  /** Gives the rule another plan: what it did before still counts. */
  set plan(plan: RulePlan) {
    this.#plan = plan;
  }

  at(now: number): Allowance {
    const { cooldownMs, limit } = this.#plan;
    const last = this.#firedAt.at(-1);
    if (last !== undefined && now - last < cooldownMs) return 'cooling';
    const first = this.#firedAt.at(-limit.count);
    return first !== undefined && now - first < limit.perMs ? 'spent' : 'free';
  }

  fire(now: number): void {
    const { cooldownMs, limit } = this.#plan;
    const keptMs = Math.max(limit.perMs, cooldownMs);
    this.#firedAt = [...this.#firedAt.filter((at) => now - at < keptMs), now].slice(-limit.count);
  }

  /** Whether to report that the rule is kept from firing: once in its window. */
  mayTell(now: number): boolean {
    return now - this.#toldAt >= Math.max(this.#plan.limit.perMs, MIN_TELL_INTERVAL_MS);
  }

  tell(now: number): void {
    this.#toldAt = now;
  }
}
