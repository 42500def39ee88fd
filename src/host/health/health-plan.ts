import type { Pattern } from '../../base/pattern.js';

/** What a probe checks. */
export type ProbeCheck =
  | { readonly kind: 'exec'; readonly argv: readonly string[] }
  | { readonly kind: 'http'; readonly url: string }
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  /** Met once a line of this run matches. */
  | { readonly kind: 'log'; readonly pattern: Pattern }
  /** Fails as soon as nothing was put out for this long, without attempts; never a readiness check. */
  | { readonly kind: 'silence'; readonly limitMs: number };

export interface ProbePlan {
  readonly check: ProbeCheck;
  /** From the start of the command to the first attempt. */
  readonly delayMs: number;
  /** From the end of one attempt to the next. */
  readonly intervalMs: number;
  /** An attempt that takes longer has failed. */
  readonly timeoutMs: number;
  /** So many attempts in a row must fail before the probe counts as failed. */
  readonly failures: number;
  /** So many in a row must succeed before it counts as met. */
  readonly successes: number;
}

/** When a pane counts as waiting for somebody's input. */
export interface InputPlan {
  /** Any of them, found in the last line the pane shows. */
  readonly patterns: readonly Pattern[];
  /** Nothing was put out for at least this long. */
  readonly silenceMs: number;
  /** Also when its process is blocked in a read of its terminal after an unfinished line. */
  readonly watchesReads: boolean;
}

export interface HealthPlan {
  /** Until it is met the pane is `running`, then `healthy`; when it fails, `unhealthy`. */
  readonly ready: ProbePlan | undefined;
  /** When it fails the command is ended, and started again as its policy says. */
  readonly live: ProbePlan | undefined;
  readonly input: InputPlan | undefined;
}
