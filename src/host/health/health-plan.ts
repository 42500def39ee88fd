import type { Pattern } from '../../base/pattern.js';

/** What a probe checks. */
export type ProbeCheck =
  | { readonly kind: 'exec'; readonly argv: readonly string[] }
  | { readonly kind: 'http'; readonly url: string }
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  /** A check that is met once a line of this run matches. */
  | { readonly kind: 'log'; readonly pattern: Pattern }
  /**
   * A check that fails, without attempts, once nothing was put out for this long; never one of
   * readiness.
   */
  | { readonly kind: 'silence'; readonly limitMs: number };

export interface ProbePlan {
  readonly check: ProbeCheck;
  /** The time from the start of the command to the first attempt. */
  readonly delayMs: number;
  /** The pause from the end of one attempt to the next. */
  readonly intervalMs: number;
  /** An attempt that takes longer has failed. */
  readonly timeoutMs: number;
  /** How many attempts in a row must fail before the probe counts as failed. */
  readonly failures: number;
  /** How many attempts in a row must succeed before the probe counts as met. */
  readonly successes: number;
}

/** When a pane counts as waiting for somebody's input. */
export interface InputPlan {
  /** The patterns of questions; one of them has to match the last line the pane shows. */
  readonly patterns: readonly Pattern[];
  /** For at least this long nothing must have been put out. */
  readonly silenceMs: number;
  /**
   * Whether a process that is blocked in a read of its terminal after an unfinished line counts,
   * too.
   */
  readonly watchesReads: boolean;
}

export interface HealthPlan {
  /**
   * The readiness probe. Until it is met the pane is `running`, then `healthy`; when it fails,
   * `unhealthy`.
   */
  readonly ready: ProbePlan | undefined;
  /**
   * The liveness probe. When it fails the command is ended, and started again as its policy says.
   */
  readonly live: ProbePlan | undefined;
  readonly input: InputPlan | undefined;
}
