import type { Clock } from '../../base/clock.js';
import { withTimeLimit } from '../../base/deadline.js';
import { type Attempt, type AttemptResult, failedAttempt } from './attempt.js';
import type { ProbePlan } from './health-plan.js';

export interface ProbeOptions {
  readonly plan: ProbePlan;
  readonly attempt: Attempt;
  readonly clock: Clock;
  /** How long the command has been running already. */
  readonly ageMs: number;
  /** Whether the probe counts as met until attempts say otherwise. */
  readonly isMet: boolean;
  readonly onMet: (reason: string) => void;
  readonly onFailed: (reason: string) => void;
}

/** Tries again and again, one attempt at a time, and tells when enough of them in a row say something new. */
export class Probe {
  readonly #options: ProbeOptions;
  readonly #closed = new AbortController();
  #isMet: boolean;
  /** The number of attempts in a row that speak against `#isMet`. */
  #against = 0;
  #takeBack: () => void = () => undefined;

  constructor(options: ProbeOptions) {
    this.#options = options;
    this.#isMet = options.isMet;
    this.#tryIn(Math.max(0, options.plan.delayMs - options.ageMs));
  }

  /** Ends the attempt that is under way; nothing is told any more. Idempotent. */
  close(): void {
    this.#takeBack();
    this.#closed.abort();
  }

  #tryIn(delayMs: number): void {
    this.#takeBack = this.#options.clock.after(delayMs, () => void this.#try());
  }

  async #try(): Promise<void> {
    const result = await this.#result();
    if (!this.#closed.signal.aborted) this.#count(result);
    if (!this.#closed.signal.aborted) this.#tryIn(this.#options.plan.intervalMs);
  }

  async #result(): Promise<AttemptResult> {
    const { plan, attempt, clock } = this.#options;
    const limit = { clock, limitMs: plan.timeoutMs, signal: this.#closed.signal };
    try {
      return await withTimeLimit({ ...limit, waitedFor: `the ${plan.check.kind} probe` }, attempt);
    } catch (error) {
      return failedAttempt(error);
    }
  }

  #count({ isOk, reason }: AttemptResult): void {
    if (isOk === null) return;
    this.#against = isOk === this.#isMet ? 0 : this.#against + 1;
    const { plan, onMet, onFailed } = this.#options;
    if (this.#against < (isOk ? plan.successes : plan.failures) || this.#against === 0) return;
    const times = this.#against === 1 ? '' : `, ${this.#against} times in a row`;
    this.#isMet = isOk;
    this.#against = 0;
    if (isOk) onMet(`${reason}${times}`);
    else onFailed(`${reason}${times}`);
  }
}
