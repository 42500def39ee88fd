import { withDeadline } from '../base/deadline.js';
import { RefusedError } from '../base/errors.js';
import type { PaneId, PaneName } from '../base/ids.js';
import { shellWord } from '../base/shell-word.js';
import { signalName } from '../base/signal-name.js';
import type { PaneDescription, PaneExit, PaneState } from '../link/host-link.js';
import type { Logger } from '../log/logger.js';
import type { KeeperConnection } from './keeper-connection.js';
import type { KeeperState } from './keeper-protocol.js';
import type { PaneProgram } from './session-plan.js';

/** How long a command that ended rests before it is started again. */
const PAUSE_MS = 2_000;
/** How long a command has to end by itself after SIGTERM. */
const STOP_GRACE_MS = 5_000;
/** After SIGKILL only the kernel can hold a process; more than this is a stuck disk. */
const KILL_LIMIT_MS = 5_000;
const START_LIMIT_MS = 10_000;

export interface PaneOptions {
  readonly name: PaneName;
  /** Absent for a pane that was adopted but is not configured any more. */
  readonly program: PaneProgram | undefined;
  readonly log: Logger;
  /** Shows on the pane's border what happened; empty when all is well. */
  readonly showNote: (pane: PaneId, note: string) => void;
  /** The program is about to be started in the pane. */
  readonly onStart: (pane: PaneId) => void;
  /** The keeper is gone: somebody closed the pane, or killed the keeper. */
  readonly onKeeperLost: () => void;
}

/** One pane of the triad: starts its command through the keeper, and again after it has ended. */
export class Pane {
  readonly name: PaneName;
  readonly #options: PaneOptions;
  #id: PaneId | null = null;
  #keeper: KeeperConnection | undefined;
  #state: PaneState = 'failed';
  #pause: NodeJS.Timeout | undefined;

  constructor(options: PaneOptions) {
    this.name = options.name;
    this.#options = options;
  }

  get id(): PaneId | null {
    return this.#id;
  }

  get isRunning(): boolean {
    return this.#keeper?.state.running === true;
  }

  /** Takes over a tmux pane and its keeper; a command that does not run is started. */
  adopt(id: PaneId, keeper: KeeperConnection): void {
    this.#id = id;
    this.#keeper = keeper;
    keeper.onState((state) => this.#keeperChanged(keeper, state));
    void keeper.closed.then(() => this.#keeperClosed(keeper));
    this.#change(keeper.state.running ? 'running' : 'starting', 'keeper connected');
    if (keeper.state.running) return;
    if (keeper.state.exit === null) this.#start();
    else this.#rest(keeper.state);
  }

  /** Resolves when the command was started at least once, or could not be within the limit. */
  async started(): Promise<void> {
    const keeper = this.#keeper;
    if (keeper === undefined || this.#options.program === undefined) return;
    await this.#keeperState(keeper, (state) => state.starts > 0, START_LIMIT_MS);
  }

  /** Resolves when the keeper is gone, and with it everything in the pane. */
  async gone(): Promise<void> {
    await this.#keeper?.closed;
  }

  /** Lets go of the keeper without touching the command; from then on the pane counts as closed. */
  release(): void {
    clearTimeout(this.#pause);
    const keeper = this.#keeper;
    this.#keeper = undefined;
    this.#id = null;
    this.#state = 'failed';
    keeper?.close();
  }

  /**
   * Ends the command (SIGTERM, then SIGKILL) and starts it again.
   *
   * @throws RefusedError when the pane is not configured; DeadlineError when nothing ends or starts.
   */
  async restart(): Promise<void> {
    const keeper = this.#keeper;
    if (keeper === undefined) throw new RefusedError(`${this.name} is closed`);
    if (this.#options.program === undefined) {
      throw new RefusedError(`${this.name} is not configured, so its command is not known`, {
        hint: 'add it to config/triad.yaml, then: triad down --session, triad up',
      });
    }
    if (this.#state === 'stopping') {
      throw new RefusedError(`${this.name} is being restarted already`);
    }
    clearTimeout(this.#pause);
    const starts = keeper.state.starts;
    if (keeper.state.running) await this.#stop(keeper);
    this.#change('starting', 'restart was asked for');
    this.#start();
    await this.#keeperState(keeper, (state) => state.starts > starts, START_LIMIT_MS);
  }

  describe(): PaneDescription {
    const state = this.#keeper?.state;
    const program = this.#options.program;
    return {
      name: this.name,
      title: program?.title ?? this.name,
      id: this.#id,
      state: this.#state,
      pid: state?.running === true ? state.pid : null,
      command: program === undefined ? '' : program.argv.map(shellWord).join(' '),
      restarts: Math.max(0, (state?.starts ?? 0) - 1),
      startedAt: state?.startedAt ?? null,
      lastExit: exitOf(state),
      ...{ reason: '', since: 0, crashes: 0, startsAt: null, question: null, problems: [] },
      telemetry: {
        ...{ linesPerSecond: 0, bytesPerSecond: 0, lastOutputAt: null },
        ...{ cpu: null, memoryBytes: null, processes: null },
      },
    };
  }

  #start(): void {
    const program = this.#options.program;
    if (program === undefined || this.#keeper === undefined || this.#id === null) return;
    this.#options.onStart(this.#id);
    this.#keeper.start(program);
  }

  async #stop(keeper: KeeperConnection): Promise<void> {
    this.#change('stopping', 'restart was asked for');
    const hasEnded = (state: KeeperState) => !state.running;
    keeper.signal('SIGTERM');
    try {
      await this.#keeperState(keeper, hasEnded, STOP_GRACE_MS);
    } catch {
      this.#options.log.warn(
        { pane: this.name, graceMs: STOP_GRACE_MS },
        'pane killed after grace',
      );
      keeper.signal('SIGKILL');
      await this.#killed(keeper);
    }
  }

  async #killed(keeper: KeeperConnection): Promise<void> {
    try {
      await this.#keeperState(keeper, (state) => !state.running, KILL_LIMIT_MS);
    } catch (error) {
      // Still there: its end, whenever that comes, is an end like any other.
      if (keeper === this.#keeper) this.#change('running', 'command does not end');
      throw error;
    }
  }

  #keeperState(
    keeper: KeeperConnection,
    isReached: (state: KeeperState) => boolean,
    limitMs: number,
  ): Promise<void> {
    let stopListening: () => void = () => undefined;
    const reached = new Promise<void>((resolve, reject) => {
      const check = (state: KeeperState) => {
        if (isReached(state)) resolve();
      };
      stopListening = keeper.onState(check);
      void keeper.closed.then(() => reject(new RefusedError(`${this.name} was closed`)));
      check(keeper.state);
    });
    return withDeadline(reached, limitMs, `the command of ${this.name}`).finally(stopListening);
  }

  #keeperChanged(keeper: KeeperConnection, state: KeeperState): void {
    if (keeper !== this.#keeper) return;
    if (state.running) this.#change('running', 'command started');
    else if (this.#state === 'running' || this.#state === 'starting') this.#rest(state);
  }

  #rest(state: KeeperState): void {
    const end = describeExit(exitOf(state));
    this.#change('backoff', `command ${end}`);
    if (this.#options.program === undefined) return;
    this.#keeper?.note(`triad: starts again in ${PAUSE_MS / 1000} s`);
    this.#pause = setTimeout(() => {
      this.#change('starting', 'pause is over');
      this.#start();
    }, PAUSE_MS);
  }

  #keeperClosed(keeper: KeeperConnection): void {
    if (keeper !== this.#keeper) return;
    clearTimeout(this.#pause);
    this.#keeper = undefined;
    this.#id = null;
    this.#change('failed', 'keeper ended');
    this.#options.onKeeperLost();
  }

  #change(to: PaneState, reason: string): void {
    if (to === this.#state) return;
    const from = this.#state;
    this.#state = to;
    const facts = { pane: this.name, from, to, reason };
    this.#options.log.info(facts, 'pane state changed');
    if (this.#id === null) return;
    const exit = to === 'backoff' ? exitOf(this.#keeper?.state) : null;
    this.#options.showNote(this.#id, exit === null ? '' : shortExit(exit));
  }
}

/** For the border of a pane, which may be narrow: `exit 3`, `SIGKILL`. */
function shortExit({ status, signal }: PaneExit): string {
  return signal ?? `exit ${status}`;
}

/** `exited with status 3`, `was ended by SIGKILL`. */
function describeExit(exit: PaneExit | null): string {
  if (exit === null) return 'ended';
  return exit.signal === null ? `exited with status ${exit.status}` : `was ended by ${exit.signal}`;
}

function exitOf(state: KeeperState | undefined): PaneExit | null {
  const exit = state?.exit;
  if (exit === undefined || exit === null) return null;
  return exit.signal === 0
    ? { status: exit.status, signal: null, at: exit.at }
    : { status: null, signal: signalName(exit.signal), at: exit.at };
}
