import type { RulePlan } from './rule-plan.js';

/** Least time between two tellings that something keeps a rule from firing. */
const MIN_TELL_INTERVAL_MS = 60_000;

/** `spent`: it fired as often as it may in its time. */
export type Allowance = 'free' | 'cooling' | 'spent';

/** How often one rule may fire. Times are of `Clock.elapsed`. */
export class RuleAllowance {
  #plan: RulePlan;
  /** Of the firings within the last `limit.perMs`, oldest first; never more than `limit.count`. */
  #firedAt: number[] = [];
  #toldAt = Number.NEGATIVE_INFINITY;

  constructor(plan: RulePlan) {
    this.#plan = plan;
  }

  /** Another plan for the rule: what it did before still counts. */
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

  /** Whether it is time to tell that the rule is kept from firing: once in its window. */
  mayTell(now: number): boolean {
    return now - this.#toldAt >= Math.max(this.#plan.limit.perMs, MIN_TELL_INTERVAL_MS);
  }

  tell(now: number): void {
    this.#toldAt = now;
  }
}
