import { isCleanExit } from '../../base/attention.js';
import type { Clock } from '../../base/clock.js';
import type { PaneExit, PaneState } from '../../base/pane.js';
import type { PanePolicy } from '../plan/session-plan.js';
import { isUnrunnable } from './command-exit.js';
import type { PaneMemory } from './schema.js';

/** How long after SIGKILL it is sent again: only the kernel can hold a process, as on a stuck disk. */
const KILL_LIMIT_MS = 5_000;

/** What decides about a pane's command; it may be replaced while that runs. */
export interface LifePlan {
  readonly policy: PanePolicy;
  /** Whether `healthy` can be reached. */
  readonly hasReadyProbe: boolean;
}

/** The plan of a pane that is not configured: what runs in it goes on, and nothing else happens. */
export const LEFT_ALONE: LifePlan = {
  hasReadyProbe: false,
  policy: {
    ...{ restart: 'never', resetAfterMs: 0, crashLimit: Number.POSITIVE_INFINITY },
    backoff: { firstMs: 0, factor: 1, maxMs: 0, jitter: 0 },
    stop: { signal: 'SIGTERM', graceMs: 5_000 },
  },
};

export interface PaneLifeOptions {
  readonly plan: LifePlan;
  readonly clock: Clock;
  /** A random number from 0 up to 1. */
  readonly random: () => number;
  readonly memory: Readonly<LifeMemory>;
  /** What has to be waited for before a start, in words for people; undefined when nothing. */
  readonly waitsFor: () => string | undefined;
  /** Tells the keeper to start the command. */
  readonly start: () => void;
  readonly signal: (signal: NodeJS.Signals) => void;
  /** How a command ended, in words for people. */
  readonly describeExit: (exit: PaneExit) => string;
  /** Called before anything else follows from a change, so that it can be remembered first. */
  readonly onChange: (change: LifeChange) => void;
  /** Called when the memory changed without the state. */
  readonly onCount: () => void;
}

/** The part of a pane's memory that its life decides about. */
export type LifeMemory = Omit<PaneMemory, 'starts' | 'earlierStarts' | 'pid' | 'event'>;

export interface LifeChange {
  readonly from: PaneState;
  readonly to: PaneState;
  readonly reason: string;
}

interface End {
  readonly how: string;
  /** How long ago the command ended. */
  readonly ageMs: number;
  /** Whether the command did not end by itself: somebody closed its pane, or its tmux server died. */
  readonly isForeign: boolean;
}

/**
 * The state machine of one pane's command. It knows neither tmux nor the keeper: it is told what happened
 * and calls what is to be done. No wait depends on the wall clock.
 */
export class PaneLife {
  readonly #options: PaneLifeOptions;
  #plan: LifePlan;
  #memory: LifeMemory;
  /** Cancels the one timer: of the pause, of the grace, or of `resetAfterMs`. */
  #cancelTimer: () => void = () => undefined;
  #isReleased = false;

  constructor(options: PaneLifeOptions) {
    this.#options = options;
    this.#plan = options.plan;
    this.#memory = options.memory;
  }

  get memory(): LifeMemory {
    return this.#memory;
  }

  get state(): PaneState {
    return this.#memory.state;
  }

  /** Whether a command runs or is about to. */
  get isUp(): boolean {
    return ['starting', 'running', 'healthy', 'unhealthy', 'stopping'].includes(this.state);
  }

  /** Decides by another plan from now on; a pause that has begun goes on. */
  setPlan(plan: LifePlan): void {
    this.#plan = plan;
    if (plan.hasReadyProbe) return;
    if (this.state === 'unhealthy') this.#change('running', 'has no readiness probe any more');
    if (this.state === 'running') this.#countAnewLater(0);
  }

  /** Starts the timers that the manager before had begun, with the time that is left of them. */
  resume(): void {
    const { state, since, startsAt, pauseMs } = this.#memory;
    const now = this.#options.clock.now();
    if (state === 'backoff') this.#pause(clamp((startsAt ?? now) - now, pauseMs));
    if (state === 'stopping') this.#endCommand(clamp(since + this.#graceMs - now, this.#graceMs));
    if (this.#isWell(state)) this.#countAnewLater(Math.max(0, now - since));
  }

  /** Starts the command where that is due: its keeper is there and has not started it. */
  keeperCame(): void {
    if (this.state === 'waiting' || this.state === 'starting') this.#begin('its pane is there');
  }

  /** Starts the command if what it waited for has come. */
  recheck(): void {
    if (this.state === 'waiting') this.#begin('nothing to wait for any more');
  }

  started(): void {
    if (this.state === 'stopping' || this.#isRunning) return;
    this.#change('running', 'command started');
    if (this.#isWell('running')) this.#countAnewLater(0);
  }

  /** Notes the end. @param foreignCause tells what ended it with its pane, which is no crash of its own. */
  ended(exit: PaneExit, foreignCause?: string): void {
    const how = foreignCause ?? this.#options.describeExit(exit);
    const isForeign = foreignCause !== undefined;
    if (this.isUp) this.#follow(exit, { how, ageMs: 0, isForeign });
  }

  /** Notes that the command ended while no manager was there. */
  endedBefore(exit: PaneExit): void {
    const { state, since } = this.#memory;
    const wasWellForLong = exit.at - since >= this.#plan.policy.resetAfterMs;
    if (this.#isWell(state) && wasWellForLong) this.#forgetCrashes();
    const ageMs = Math.max(0, this.#options.clock.now() - exit.at);
    const how = this.#options.describeExit(exit);
    if (this.isUp) this.#follow(exit, { how, ageMs, isForeign: false });
  }

  ready(reason: string): void {
    if (this.state !== 'running' && this.state !== 'unhealthy') return;
    this.#change('healthy', reason);
    this.#countAnewLater(0);
  }

  unready(reason: string): void {
    if (this.state !== 'running' && this.state !== 'healthy') return;
    this.#change('unhealthy', reason);
    this.#cancelTimer();
  }

  /** Ends a command that lives but is of no use, as its liveness probe tells. */
  dead(reason: string): void {
    if (!this.#isRunning) return;
    if (this.state !== 'unhealthy') this.#change('unhealthy', reason);
    this.#end('dead', reason);
  }

  /** Notes that the command is being ended from outside; `ended` follows. */
  closing(reason: string): void {
    if (!this.isUp || this.state === 'stopping') return;
    this.#cancelTimer();
    this.#memory = { ...this.#memory, ending: null };
    this.#change('stopping', reason);
  }

  /** Stops the command, until `askStart` or `askRestart`. */
  askStop(reason: string): void {
    if (this.state === 'stopped') return;
    this.#forgetCrashes();
    if (this.isUp) return this.#end('stop', reason);
    this.#cancelTimer();
    this.#change('stopped', reason);
  }

  /** Starts the command; does nothing where it is up. */
  askStart(reason: string): void {
    if (this.isUp) return;
    this.#forgetCrashes();
    this.#begin(reason);
  }

  askRestart(reason: string): void {
    if (!this.isUp) return this.askStart(reason);
    this.#forgetCrashes();
    this.#end('restart', reason);
  }

  /** Hands the command to another life or manager: this one does and changes nothing any more. */
  release(): void {
    this.#isReleased = true;
    this.#cancelTimer();
  }

  get #isRunning(): boolean {
    return ['running', 'healthy', 'unhealthy'].includes(this.state);
  }

  get #graceMs(): number {
    return this.#plan.policy.stop.graceMs;
  }

  #isWell(state: PaneState): boolean {
    return state === 'healthy' || (state === 'running' && !this.#plan.hasReadyProbe);
  }

  #begin(reason: string): void {
    this.#cancelTimer();
    const obstacle = this.#options.waitsFor();
    if (obstacle !== undefined) return this.#change('waiting', obstacle);
    this.#change('starting', reason);
    this.#options.start();
  }

  #follow(exit: PaneExit, end: End): void {
    this.#cancelTimer();
    const { ending, reason } = this.#memory;
    if (ending === 'stop') return this.#change('stopped', reason);
    if (ending === 'restart') return this.#begin(reason);
    if (ending === 'dead') return this.#crashed(exit, { ...end, how: reason });
    if (!isCleanExit(exit) && !end.isForeign) return this.#crashed(exit, end);
    const { restart } = this.#plan.policy;
    if (restart === 'always' || (restart === 'on-failure' && end.isForeign)) this.#rest(end);
    else this.#change('exited', end.how);
  }

  #crashed(exit: PaneExit, end: End): void {
    const { restart, crashLimit } = this.#plan.policy;
    const crashes = this.#memory.crashes + 1;
    const wasUseless = this.#memory.ending === 'dead' || isUnrunnable(exit);
    this.#memory = { ...this.#memory, crashes };
    if (restart === 'never') return this.#change(wasUseless ? 'failed' : 'exited', end.how);
    if (crashes < crashLimit) return this.#rest(end);
    this.#change('failed', `${end.how}; crashed ${crashes} times in a row`);
  }

  #rest({ how, ageMs }: End): void {
    const { firstMs, factor, maxMs, jitter } = this.#plan.policy.backoff;
    const { pauses } = this.#memory;
    // A factor of Infinity times a pause of 0 would be NaN.
    const growth = Math.min(factor ** pauses, Number.MAX_VALUE);
    const wholeMs = Math.min(maxMs, firstMs * growth);
    const pauseMs = Math.round(wholeMs * (1 - jitter * this.#options.random()));
    const leftMs = clamp(pauseMs - ageMs, pauseMs);
    const startsAt = this.#options.clock.now() + leftMs;
    this.#memory = { ...this.#memory, pauses: pauses + 1, pauseMs, startsAt };
    this.#change('backoff', how);
    this.#pause(leftMs);
  }

  #pause(leftMs: number): void {
    this.#setTimer(leftMs, () => this.#begin('pause is over'));
  }

  #end(ending: PaneMemory['ending'], reason: string): void {
    const isAgain = this.state === 'stopping';
    this.#memory = { ...this.#memory, ending, reason };
    if (isAgain) return this.#options.onCount();
    this.#change('stopping', reason);
    this.#options.signal(this.#plan.policy.stop.signal);
    this.#endCommand(this.#graceMs);
  }

  #endCommand(graceMs: number): void {
    this.#setTimer(graceMs, () => this.#killCommand());
  }

  /** Kills the command, again and again: what holds it in the kernel may let go of it. */
  #killCommand(): void {
    this.#options.signal('SIGKILL');
    this.#setTimer(KILL_LIMIT_MS, () => this.#killCommand());
  }

  #countAnewLater(ageMs: number): void {
    const { resetAfterMs } = this.#plan.policy;
    this.#setTimer(clamp(resetAfterMs - ageMs, resetAfterMs), () => this.#forgetCrashes());
  }

  #forgetCrashes(): void {
    if (this.#memory.crashes === 0 && this.#memory.pauses === 0) return;
    this.#memory = { ...this.#memory, crashes: 0, pauses: 0 };
    this.#options.onCount();
  }

  #setTimer(delayMs: number, work: () => void): void {
    this.#cancelTimer();
    if (!this.#isReleased) this.#cancelTimer = this.#options.clock.after(delayMs, work);
  }

  #change(to: PaneState, reason: string): void {
    if (this.#isReleased) return;
    const from = this.state;
    const since = from === to ? this.#memory.since : this.#options.clock.now();
    const isResting = to === 'backoff';
    this.#memory = {
      ...{ ...this.#memory, state: to, reason, since },
      ...(isResting ? {} : { pauseMs: 0, startsAt: null }),
      ...(to === 'stopping' ? {} : { ending: null }),
    };
    if (from !== to) this.#options.onChange({ from, to, reason });
  }
}

function clamp(value: number, most: number): number {
  return Math.min(most, Math.max(0, value));
}
