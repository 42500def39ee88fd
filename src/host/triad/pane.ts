import { statSync } from 'node:fs';
import { RefusedError, systemCode } from '../../base/errors.js';
import type { PaneId, PaneName } from '../../base/ids.js';
import type { PaneDescription, PaneExit, PaneSignal, PaneState } from '../../base/pane.js';
import type { ProcessFacts } from '../../base/process-scan.js';
import { commandText } from '../../base/shell-word.js';
import { visible } from '../../base/visible.js';
import type { HealthChange, PaneHealth } from '../health/pane-health.js';
import type { KeeperConnection } from '../keeper/keeper-connection.js';
import type { KeeperState } from '../keeper/schema.js';
import type { PanePlan, PanePolicy, PaneProgram } from '../plan/session-plan.js';
import { describeExit, endNote, exitOf, isUnrunnable, stayNote } from './command-exit.js';
import { ConditionWaits } from './condition-waits.js';
import { describeLeft } from './descendants.js';
import { LEFT_ALONE, type LifeChange, type LifePlan, PaneLife } from './pane-life.js';
import { freshMemory } from './pane-memory.js';
import type { Adoption, PaneOptions } from './pane-options.js';
import type { PaneMemory, PaneNote } from './schema.js';

/** Why a command could not be started whose working directory is missing. */
const NO_FOLDER = 'its working directory is not there';
const START_LIMIT_MS = 10_000;
/** How long after the grace of its policy a command that is being ended counts as stuck. */
const END_MARGIN_MS = 10_000;

/** One pane of the triad: supervises its command through the keeper. */
export class Pane {
  readonly name: PaneName;
  readonly #options: PaneOptions;
  readonly #waits = new ConditionWaits();
  #plan: PanePlan | undefined;
  #life: PaneLife;
  #health: PaneHealth | undefined;
  #id: PaneId | null = null;
  #keeper: KeeperConnection | undefined;
  /** The starts by this keeper that were seen, and those by earlier keepers. */
  #starts = 0;
  #earlierStarts = 0;
  /** The number of the event that told of its last change. */
  #event = 0;
  #lastExit: PaneExit | null = null;
  #question: string | null = null;
  /** The last question, whether or not it was answered. */
  #asked: string | null = null;
  /** The process id of the command, as it was known last. */
  #lastPid: number | null = null;
  /** Whether a keeper was adopted before. */
  #hasHadKeeper = false;
  #isClosed = false;
  /** The processes that its earlier runs have left running. */
  #left: readonly ProcessFacts[] = [];
  #trouble: string | undefined;
  /** Why the run is gone with which it was recalled, until another keeper is there. */
  #loss: string | undefined;
  #started: PaneProgram | string = '';

  constructor(options: PaneOptions) {
    this.name = options.name;
    this.#options = options;
    this.#plan = options.plan;
    this.#life = this.#openLife(freshMemory(options.clock.now()));
    this.#watchHealth();
  }

  get id(): PaneId | null {
    return this.#id;
  }

  get plan(): PanePlan | undefined {
    return this.#plan;
  }

  get state(): PaneState {
    return this.#life.state;
  }

  get lastExit(): PaneExit | null {
    return this.#lastExit;
  }

  get isRunning(): boolean {
    return this.#keeper?.state.running === true;
  }

  /** Whether a command runs, is about to, or is started again by itself. */
  get isUp(): boolean {
    return this.#life.isUp;
  }

  get pid(): number | null {
    return this.isRunning ? (this.#keeper?.state.pid ?? null) : null;
  }

  /** The policy by which its command is restarted and ended. */
  get policy(): PanePolicy {
    return this.#lifePlan.policy;
  }

  /** Whether it ever had a keeper; a pane that was not made yet had none. */
  get hasHadKeeper(): boolean {
    return this.#hasHadKeeper;
  }

  /** Whether somebody has stopped it, or it is being stopped on request. */
  get isStopped(): boolean {
    return this.state === 'stopped' || this.#life.memory.ending === 'stop';
  }

  /** The program that was started last; its mark where an earlier manager started it; empty for none. */
  get started(): PaneProgram | string {
    return this.#started;
  }

  get question(): string | null {
    return this.#question;
  }

  /** Takes over a tmux pane and its keeper, and goes on from what is known; once closed it takes none. */
  adopt(
    id: PaneId,
    keeper: KeeperConnection,
    { memory, note, programMark = '' }: Adoption = {},
  ): void {
    if (this.#isClosed) {
      keeper.close();
      return;
    }
    const isFirst = !this.#hasHadKeeper;
    this.#hasHadKeeper = true;
    this.#trouble = undefined;
    this.#keeper?.close();
    this.#id = id;
    this.#keeper = keeper;
    keeper.onState((state) => this.#keeperChanged(keeper, state));
    void keeper.closed.then(() => this.#keeperClosed(keeper));
    if (note !== undefined) keeper.note(note);
    if (isFirst) this.#started = programMark;
    if (isFirst && memory !== undefined) this.#recall(memory);
    this.#catchUp(keeper.state, isFirst);
    this.#loss = undefined;
    this.#remember();
  }

  /** Sets what is wrong and what to do, until the next adoption. @returns whether that is new. */
  setTrouble(text: string): boolean {
    const isNew = text !== this.#trouble;
    this.#trouble = text;
    return isNew;
  }

  /** The processes that its earlier runs had left running when that was looked at last. */
  get left(): readonly ProcessFacts[] {
    return this.#left;
  }

  /** @param left are the processes that its earlier runs have left running, found just now. */
  setLeftBehind(left: readonly ProcessFacts[]): void {
    this.#left = left;
  }

  /** Goes on from what was noted of a pane that tmux does not have any more: its run has to end. */
  recallLost({ memory, lastExit }: PaneNote, cause: string): void {
    this.#hasHadKeeper = true;
    this.#loss = cause;
    this.#lastExit = lastExit;
    this.#recall(memory);
    if (!this.isUp) this.#life.resume();
  }

  /** Whether it was recalled after a loss and has no new keeper yet. */
  get isLost(): boolean {
    return this.#loss !== undefined;
  }

  /** Notes that the run is over with which it was recalled. @param exit is undefined where it is not known. */
  lostBefore(exit: PaneExit | undefined): void {
    if (this.#loss !== undefined) this.lost(this.#loss, exit);
  }

  /** Whether something prevents its supervision. */
  get hasTrouble(): boolean {
    return this.#trouble !== undefined;
  }

  /** Notes that the keeper is gone for good, and the command with it. */
  lost(cause: string, exit = this.#lostExit()): void {
    if (this.#life.isUp) this.#lastExit = exit;
    this.#health?.end();
    this.#life.ended(exit, cause);
  }

  /** Resolves when its command was started or waits for something, at the latest after the limit. */
  async begun(): Promise<void> {
    const isBegun = () => this.state !== 'starting';
    await this.#until(isBegun, START_LIMIT_MS).catch(() => undefined);
  }

  /** Resolves when the keeper is gone, and everything in the pane with it. */
  async gone(): Promise<void> {
    await this.#keeper?.closed;
  }

  /** Closes the connection with the keeper; the command goes on, and another keeper may be adopted. */
  letGo(): void {
    this.#health?.end();
    const keeper = this.#keeper;
    this.#keeper = undefined;
    this.#id = null;
    keeper?.close();
    this.#waits.recheck();
  }

  /** Ends the supervision for good; the command goes on. */
  close(): void {
    this.#isClosed = true;
    this.#life.release();
    this.letGo();
    this.#health?.close();
    this.#waits.close();
  }

  /** Follows another plan from now on; what runs goes on. */
  setPlan(plan: PanePlan): void {
    this.#plan = plan;
    this.#health?.close();
    this.#setQuestion(null);
    this.#watchHealth();
    this.#life.setPlan(this.#lifePlan);
    if (this.isRunning) this.#beginHealth();
  }

  /** Starts its command where that waited for a dependency that is met now. */
  recheck(): void {
    this.#life.recheck();
  }

  /** Starts the command. @throws RefusedError when it is up already, or not configured. */
  async start(): Promise<void> {
    this.#requirePlan();
    if (this.state === 'stopping') throw new RefusedError(`${this.name} is being stopped`);
    if (this.#life.isUp) throw new RefusedError(`${this.name} runs already`);
    this.requireFolder();
    this.#life.askStart('start was asked for');
    await this.begun();
  }

  /** Stops the command. @throws DeadlineError when even SIGKILL has not ended it yet; it is sent again. */
  async stop(reason = 'stop was asked for'): Promise<void> {
    this.#life.askStop(reason);
    await this.#ended();
  }

  /**
   * Ends the command and starts it again.
   *
   * @throws RefusedError when the pane is not configured; DeadlineError when nothing ends or starts.
   */
  async restart(reason = 'restart was asked for'): Promise<void> {
    this.#requirePlan();
    if (this.state === 'stopping') throw new RefusedError(`${this.name} is being ended already`);
    this.requireFolder();
    await this.endToRestart(reason);
    await this.#until(() => this.state !== 'starting', START_LIMIT_MS);
  }

  /** @throws RefusedError where the working directory is missing, so that what runs is left alone. */
  requireFolder(): void {
    const refusal = this.folderRefusal();
    if (refusal !== undefined) throw refusal;
  }

  /** Why no command can be started while the working directory is missing; undefined where it is there. */
  folderRefusal(): RefusedError | undefined {
    if (this.#hasFolder) return undefined;
    return new RefusedError(`${this.name} cannot be started: ${NO_FOLDER}`, {
      hint: 'make it again, or change cwd in config/triad.yaml, then: triad reload',
    });
  }

  /** Does the first half of a restart: resolves when the command has ended. */
  async endToRestart(reason: string): Promise<void> {
    this.#life.askRestart(reason);
    await this.#ended();
  }

  /** @throws RefusedError when the command is not running. */
  signal(signal: PaneSignal): void {
    if (!this.isRunning) throw new RefusedError(`the command of ${this.name} is not running`);
    this.#keeper?.signal(signal);
  }

  describe(): PaneDescription {
    const { state, reason, since, crashes, startsAt } = this.#life.memory;
    const { taps } = this.#options;
    const keeper = this.#keeper?.state;
    const program = this.#plan?.program;
    const problems = [this.#trouble, taps.problem(this.name)];
    return {
      ...{ name: this.name, title: program?.title ?? this.name, id: this.#id },
      ...{ state, reason, since, pid: this.pid, crashes, startsAt },
      command: program === undefined ? '' : commandText(program.argv),
      restarts: this.restarts,
      startedAt: keeper?.startedAt ?? null,
      lastExit: this.#lastExit,
      question: this.#question,
      telemetry: taps.telemetry(this.name, this.pid),
      leftBehind: describeLeft(this.#left),
      problems: problems.filter((problem) => problem !== undefined),
    };
  }

  get restarts(): number {
    return Math.max(0, this.#earlierStarts + this.#starts - 1);
  }

  /** Whether its working directory is there; true where permissions hide that. */
  get #hasFolder(): boolean {
    try {
      return this.#plan === undefined || statSync(this.#plan.program.cwd).isDirectory();
    } catch (error) {
      return systemCode(error) !== 'ENOENT' && systemCode(error) !== 'ENOTDIR';
    }
  }

  get #lifePlan(): LifePlan {
    if (this.#plan === undefined) return LEFT_ALONE;
    return { policy: this.#plan.policy, hasReadyProbe: this.#plan.health.ready !== undefined };
  }

  #openLife(memory: PaneMemory): PaneLife {
    const { clock, random } = this.#options;
    return new PaneLife({
      ...{ plan: this.#lifePlan, clock, random, memory },
      waitsFor: () => this.#waitsFor(),
      start: () => this.#start(),
      signal: (signal) => this.#keeper?.signal(signal),
      describeExit: (exit) => this.#describe(exit),
      onChange: (change) => this.#changed(change),
      onCount: () => this.#remember(),
    });
  }

  #describe(exit: PaneExit): string {
    return isUnrunnable(exit) && !this.#hasFolder ? NO_FOLDER : describeExit(exit);
  }

  #waitsFor(): string | undefined {
    if (this.#keeper === undefined) return this.#trouble ?? 'waits for its pane';
    if (this.#plan === undefined) return 'is not configured';
    return this.#options.waitsFor(this.#plan);
  }

  #start(): void {
    if (this.#plan === undefined) return;
    const { argv, cwd } = this.#plan.program;
    this.#started = this.#plan.program;
    this.#keeper?.start({ argv, cwd, env: this.#options.env(this.#plan) });
  }

  #recall(memory: PaneMemory): void {
    this.#life.release();
    this.#starts = memory.starts;
    this.#lastPid = memory.pid;
    this.#asked = memory.question;
    this.#earlierStarts = memory.earlierStarts;
    this.#event = memory.event;
    this.#life = this.#openLife(memory);
    this.#options.onRecalled();
  }

  /** @param isFirst tells that another manager supervised the command before: no timer runs here yet. */
  #catchUp(state: KeeperState, isFirst: boolean): void {
    const before = this.#starts;
    this.#lastExit = exitOf(state) ?? this.#lastExit;
    if (state.starts < before) this.#succeed();
    this.#starts = state.starts;
    this.#lastPid = state.pid ?? this.#lastPid;
    if (state.running) {
      this.#goOn(isFirst);
      return;
    }
    const isEnd = state.starts > before || (this.isUp && this.state !== 'starting');
    const exit = exitOf(state);
    if (isEnd && exit !== null) {
      if (!this.isUp) this.#life.started();
      this.#life.endedBefore(exit);
    } else if (isFirst) this.#life.resume();
    this.#life.keeperCame();
  }

  /** Notes that another keeper has replaced the one that had started the command. */
  #succeed(): void {
    this.#earlierStarts += this.#starts;
    this.#starts = 0;
    if (this.isUp) this.lost(this.#loss ?? 'its keeper was killed');
  }

  #goOn(isFirst: boolean): void {
    const wasReady = this.state === 'healthy';
    this.#life.started();
    if (isFirst) this.#life.resume();
    this.#beginHealth(wasReady);
  }

  #keeperChanged(keeper: KeeperConnection, state: KeeperState): void {
    if (keeper !== this.#keeper) return;
    this.#starts = state.starts;
    this.#lastPid = state.pid ?? this.#lastPid;
    if (state.hungUp) this.#life.closing('its pane was closed');
    if (state.running && !state.hungUp) {
      this.#life.started();
      this.#beginHealth();
    } else if (!state.running && state.exit !== null) {
      this.#lastExit = exitOf(state);
      this.#health?.end();
      this.#setQuestion(null);
      const cause = state.hungUp ? 'its pane was closed' : undefined;
      this.#life.ended(this.#lastExit ?? this.#lostExit(), cause);
    }
    this.#waits.recheck();
  }

  #keeperClosed(keeper: KeeperConnection): void {
    if (keeper !== this.#keeper) return;
    this.#keeper = undefined;
    this.#id = null;
    this.#waits.recheck();
    this.#options.onKeeperLost();
  }

  #lostExit(): PaneExit {
    const signal = this.#loss === undefined ? 'SIGHUP' : null;
    return { status: null, signal, at: this.#options.clock.now() };
  }

  /** Puts a change on record before it is remembered: a host that is killed in between finds it there. */
  #changed(change: LifeChange): void {
    // Listeners may have changed the state again, which has a later number.
    this.#event = Math.max(this.#options.onChange(change), this.#event);
    this.#remember();
    const { pauseMs, reason } = this.#life.memory;
    if (change.to === 'backoff') this.#keeper?.note(endNote(pauseMs));
    const note = stayNote(this.name, change.to, reason);
    if (note !== undefined) this.#keeper?.note(note);
    this.#waits.recheck();
  }

  get memory(): PaneMemory {
    const count = { starts: this.#starts, earlierStarts: this.#earlierStarts, event: this.#event };
    return { ...this.#life.memory, ...count, pid: this.#lastPid, question: this.#asked };
  }

  #remember(): void {
    this.#options.onRemember(this.memory);
  }

  #watchHealth(): void {
    if (this.#plan === undefined) return;
    const { watchHealth, taps, clock, log, env } = this.#options;
    this.#health = watchHealth({
      ...{ pane: this.name, plan: this.#plan.health, cwd: this.#plan.program.cwd },
      ...{ env: env(this.#plan), output: taps.output(this.name), clock, log },
      onChange: (change) => this.#healthChanged(change),
    });
  }

  #beginHealth(wasReady = this.state === 'healthy'): void {
    const state = this.#keeper?.state;
    if (state === undefined || state.pid === null || this.state === 'stopping') return;
    const ageMs = Math.max(0, this.#options.clock.now() - (state.startedAt ?? 0));
    this.#health?.begin({ pid: state.pid, ageMs, wasReady });
  }

  #healthChanged(change: HealthChange): void {
    if (change.kind === 'asks') this.#setQuestion(visible(change.question));
    else if (change.kind === 'asks-no-more') this.#setQuestion(null);
    else this.#life[change.kind](visible(change.reason));
  }

  #setQuestion(question: string | null): void {
    if (question === this.#question) return;
    this.#question = question;
    this.#asked = question ?? this.#asked;
    if (question !== null) this.#remember();
    this.#options.onQuestion();
  }

  #requirePlan(): void {
    if (this.#plan !== undefined) return;
    throw new RefusedError(`${this.name} is not configured, so its command is not known`, {
      hint: 'add it to config/triad.yaml, then: triad reload',
    });
  }

  async #ended(): Promise<void> {
    const graceMs = this.policy.stop.graceMs;
    await this.#until(() => this.state !== 'stopping', graceMs + END_MARGIN_MS);
  }

  #until(isReached: () => boolean, limitMs: number): Promise<void> {
    return this.#waits.until(isReached, limitMs, `the command of ${this.name}`);
  }
}
