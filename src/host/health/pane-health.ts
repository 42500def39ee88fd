import type { Clock } from '../../base/clock.js';
import type { PaneName } from '../../base/ids.js';
import { visible } from '../../base/visible.js';
import type { Logger } from '../../log/logger.js';
import type { PaneOutput } from '../tap/pane-output.js';
import { SilenceWatch } from '../tap/silence-watch.js';
import { attemptOf, type TriedCheck } from './attempt.js';
import type { HealthPlan, ProbePlan } from './health-plan.js';
import { InputWatch } from './input-watch.js';
import { LogWatch } from './log-watch.js';
import { Probe } from './probe.js';
import { isReadingTerminal } from './terminal-read.js';

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
  /** The folder in which `exec` probes run. */
  readonly cwd: string;
  /** The whole environment of `exec` probes, which is that of the pane's command. */
  readonly env: Readonly<Record<string, string>>;
  readonly output: PaneOutput;
  readonly clock: Clock;
  readonly log: Logger;
  readonly onChange: (change: HealthChange) => void;
}

/**
 * Owns the health of a pane's command while it runs. Promises that its probes are bounded in time and end
 * with the run. It must never start, end or signal the command itself.
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
  /** The run is over; nothing is told until the next one, except `asks-no-more` where it asked. */
  end(): void;
  /** Ends everything it has started. Idempotent. */
  close(): void;
}

type Run = Parameters<PaneHealth['begin']>[0];

/** Something that watches one run until it is closed. */
interface RunWatch {
  close(): void;
}

export function createPaneHealth(options: PaneHealthOptions): PaneHealth {
  return new WatchedPane(options);
}

/** Watches each run by what the plan of its pane says, and only while it lasts. */
class WatchedPane implements PaneHealth {
  readonly #options: PaneHealthOptions;
  readonly #log: LogWatch | undefined;
  #watches: RunWatch[] = [];
  #hasMissed = false;
  #isClosed = false;

  constructor(options: PaneHealthOptions) {
    this.#options = options;
    this.#log = this.#watchLog();
  }

  begin(run: Run): void {
    if (this.#isClosed) return;
    this.#stopWatching();
    const { ready, live, input } = this.#options.plan;
    this.#log?.begin(run.ageMs, run.wasReady);
    if (ready !== undefined) this.#watchReady(ready, run);
    if (live !== undefined) this.#watchLive(live, run);
    if (input !== undefined) this.#watchInput(run.pid);
  }

  end(): void {
    this.#stopWatching();
    if (!this.#isClosed) this.#log?.end();
  }

  close(): void {
    this.#isClosed = true;
    this.#stopWatching();
    this.#log?.close();
  }

  #stopWatching(): void {
    const watches = this.#watches;
    this.#watches = [];
    this.#hasMissed = false;
    for (const watch of watches) watch.close();
  }

  #watchLog(): LogWatch | undefined {
    const { plan, output, clock, onChange } = this.#options;
    const check = plan.ready?.check;
    if (check?.kind !== 'log') return undefined;
    const reason = `a line matched ${visible(check.pattern.source, 128)}`;
    return new LogWatch({
      ...{ pattern: check.pattern, output, clock },
      onMatch: () => onChange({ kind: 'ready', reason }),
      onMissed: (bytes) => this.#missed(bytes),
    });
  }

  #missed(bytes: number): void {
    if (this.#hasMissed) return;
    this.#hasMissed = true;
    const { log, pane } = this.#options;
    log.warn({ pane, bytes }, 'readiness probe missed output, there was too much');
  }

  #watchReady(plan: ProbePlan, run: Run): void {
    const { onChange } = this.#options;
    if (!isTried(plan.check)) return;
    const probe = this.#probe(plan, plan.check, run.ageMs);
    this.#watches.push(
      new Probe({
        ...{ ...probe, isMet: run.wasReady },
        onMet: (reason) => onChange({ kind: 'ready', reason }),
        onFailed: (reason) => onChange({ kind: 'unready', reason }),
      }),
    );
  }

  #watchLive(plan: ProbePlan, run: Run): void {
    const dead = (reason: string): void => {
      watch?.close();
      this.#options.onChange({ kind: 'dead', reason });
    };
    const watch = this.#liveWatch(plan, run, dead);
    if (watch !== undefined) this.#watches.push(watch);
  }

  #liveWatch(plan: ProbePlan, run: Run, dead: (reason: string) => void): RunWatch | undefined {
    const { check } = plan;
    if (check.kind === 'silence') {
      const { output, clock } = this.#options;
      const graceMs = Math.max(0, plan.delayMs - run.ageMs);
      const reason = `put out nothing for ${check.limitMs / 1000} s`;
      const onSilence = (): void => dead(reason);
      return new SilenceWatch({
        ...{ output, clock, limitMs: check.limitMs, graceMs, onSilence },
      });
    }
    if (!isTried(check)) return undefined;
    const probe = this.#probe(plan, check, run.ageMs);
    return new Probe({ ...probe, isMet: true, onMet: () => undefined, onFailed: dead });
  }

  #probe(plan: ProbePlan, check: TriedCheck, ageMs: number) {
    const { cwd, env, clock } = this.#options;
    return { plan, attempt: attemptOf(check, { cwd, env }), clock, ageMs };
  }

  #watchInput(pid: number): void {
    const { plan, output, clock, onChange } = this.#options;
    if (plan.input === undefined) return;
    this.#watches.push(
      new InputWatch({
        ...{ plan: plan.input, output, clock },
        isReading: () => isReadingTerminal(pid),
        onQuestion: (question) => onChange({ kind: 'asks', question }),
        onAnswer: () => onChange({ kind: 'asks-no-more' }),
      }),
    );
  }
}

function isTried(check: ProbePlan['check']): check is TriedCheck {
  return check.kind === 'exec' || check.kind === 'http' || check.kind === 'tcp';
}
