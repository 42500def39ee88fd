import type { Clock } from '../../base/clock.js';
import type { PaneName } from '../../base/ids.js';
import type { Logger } from '../../log/logger.js';
import type { PaneOutput } from '../tap/pane-output.js';
import type { HealthPlan } from './health-plan.js';

/** What was found out about a run of a pane's command. Texts are for people, without control characters. */
export type HealthChange =
  | { readonly kind: 'ready'; readonly reason: string }
  /** The readiness probe failed after it had been met. */
  | { readonly kind: 'unready'; readonly reason: string }
  /** The liveness probe failed: the command has to be ended. Told once per run. */
  | { readonly kind: 'dead'; readonly reason: string }
  /** The agent waits for somebody's input; `question` is what it has surely printed of the line, or empty. */
  | { readonly kind: 'asks'; readonly question: string }
  | { readonly kind: 'asks-no-more' };

export interface PaneHealthOptions {
  readonly pane: PaneName;
  readonly plan: HealthPlan;
  /** Where `exec` probes run. */
  readonly cwd: string;
  /** Their whole environment: what the pane's command has. */
  readonly env: Readonly<Record<string, string>>;
  readonly output: PaneOutput;
  readonly clock: Clock;
  readonly log: Logger;
  readonly onChange: (change: HealthChange) => void;
}

/**
 * Owns what is known of how a pane's command is while it runs. Promises that whatever it watches with is
 * bounded in time and goes with the run. It must never start, end or signal the command itself.
 */
export interface PaneHealth {
  /**
   * A run has begun, or was found running; what was known of the one before is forgotten. What its first
   * lines say may be told at once, before this returns.
   *
   * @param run its process id and how long it has been running already (adopted: more than 0), and
   *   whether its readiness was met before it was adopted.
   */
  begin(run: { readonly pid: number; readonly ageMs: number; readonly wasReady: boolean }): void;
  /** The run is over; nothing is told any more until the next one, but `asks-no-more` where it asked. */
  end(): void;
  /** Ends everything it has started. Idempotent. */
  close(): void;
}
