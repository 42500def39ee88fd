import { setTimeout as delay } from 'node:timers/promises';
import { withDeadline } from '../../base/deadline.js';
import { UnavailableError } from '../../base/errors.js';
import type { PaneName, SessionName } from '../../base/ids.js';
import {
  continueStopped,
  livesOn,
  type ProcessFacts,
  scanProcesses,
  signalProcess,
} from '../../base/process-scan.js';
import type { Logger } from '../../log/logger.js';
import { KeeperConnection } from '../keeper/keeper-connection.js';
import type { KeeperState } from '../keeper/schema.js';
import type { PanePolicy } from '../plan/session-plan.js';
import { LEFT_ALONE } from './pane-life.js';
import { askToListen } from './process-facts.js';
import { findRuns, type HomeRuns, type KeeperProcess, type Run } from './runs.js';
import type { NotedRun } from './schema.js';

/** How long a killed process may take to end: after SIGKILL only the kernel can hold it. */
const KILL_LIMIT_MS = 5_000;
const POLL_MS = 50;
/** How long a keeper may take to answer: one that is there does so at once. */
const CONNECT_LIMIT_MS = 500;

export interface OldRunsOptions {
  readonly session: SessionName;
  /** The mark by which processes of this home are known. */
  readonly homeMark: string;
  /** What was noted of runs when they were started. */
  readonly noted: () => readonly PaneRun[];
  readonly log: Logger;
}

/** A noted run, and its pane. */
export type PaneRun = NotedRun & { readonly pane: PaneName };

/** The pane whose old runs are searched for, before anything is started in it. */
export interface OldRunsOf {
  readonly pane: PaneName;
  /** The keeper that is in the pane now; its run is no old one. */
  readonly keeperPid: number | undefined;
}

/** A pane, and the policy that says how its command is ended. */
export interface EndedPane {
  readonly name: PaneName;
  readonly policy: PanePolicy;
}

/** Finds what earlier starts of a session have left running, and ends it, so that nothing runs twice. */
export class OldRuns {
  readonly #options: OldRunsOptions;
  /** The connections with the keepers of old runs, by the keepers' process ids. */
  readonly #keepers = new Map<number, KeeperConnection>();

  constructor(options: OldRunsOptions) {
    this.#options = options;
  }

  /** Finds the session's tmux server by its process, even where its socket and notes are gone. */
  async findServer(): Promise<number | undefined> {
    return (await this.#scan()).servers.get(this.#options.session);
  }

  /** Connects with the keepers that are left, before new ones take their socket paths. */
  async follow(): Promise<void> {
    const { session } = this.#options;
    const own = (await this.#scan()).runs.filter((run) => run.session === session);
    await Promise.all(own.map((run) => this.#follow(run)));
  }

  /** Finds all old runs; the returned function tells those of a pane, without its present keeper's. */
  async find(): Promise<(of: OldRunsOf) => readonly Run[]> {
    const all = await this.#findAll();
    return ({ pane, keeperPid }) =>
      all.filter((run) => run.pane === pane && run.keeperPid !== keeperPid);
  }

  /**
   * Ends the old runs of a pane, and resolves when nothing runs but what its present keeper runs.
   *
   * @returns the last state that the keeper of the old run told; undefined where it told none.
   * @throws UnavailableError when something cannot be ended.
   */
  async end(of: OldRunsOf, stop: PanePolicy['stop']): Promise<KeeperState | undefined> {
    const runs = (await this.find())(of);
    let last: KeeperState | undefined;
    for (const run of runs) {
      const pids = run.processes.map(({ pid }) => pid);
      this.#options.log.warn({ pane: of.pane, pids }, 'an earlier run is being ended');
      if (of.keeperPid === undefined) await this.#follow(run);
      const keeper = this.#keepers.get(run.keeperPid);
      last = (await endRun(run, stop, keeper)) ?? last;
      this.#keepers.delete(run.keeperPid);
      keeper?.close();
    }
    return last;
  }

  /**
   * Ends all processes of the session, whose panes are gone.
   *
   * @throws UnavailableError when something cannot be ended; the rest is.
   */
  async endAll(panes: readonly EndedPane[]): Promise<void> {
    const runs = await this.#findAll();
    const pids = runs.flatMap(({ processes }) => processes.map(({ pid }) => pid));
    if (runs.length > 0) this.#options.log.warn({ pids }, 'what keepers have left is being ended');
    const policyOf = (pane: string) => panes.find(({ name }) => name === pane)?.policy;
    await endRuns(runs, (pane) => (policyOf(pane) ?? LEFT_ALONE.policy).stop);
  }

  /** Closes the connections with all keepers. */
  close(): void {
    for (const keeper of this.#keepers.values()) keeper.close();
    this.#keepers.clear();
  }

  async #follow(run: Run): Promise<void> {
    if (this.#keepers.has(run.keeperPid)) return;
    const keeper = await followKeeper(run);
    if (keeper !== undefined) this.#keepers.set(run.keeperPid, keeper);
  }

  async #findAll(): Promise<Run[]> {
    const { session, noted } = this.#options;
    return runsOf(session, await this.#scan(), noted());
  }

  #scan(): Promise<HomeRuns> {
    return findRuns(this.#options.homeMark);
  }
}

/**
 * The runs of a session that live. A command that has dropped its environment is known by the note that
 * was made when it was started.
 */
export function runsOf(
  session: string,
  { runs, processes }: HomeRuns,
  noted: readonly PaneRun[],
): Run[] {
  const own = runs.filter((run) => run.session === session);
  const known = new Set(own.map(({ keeperPid }) => keeperPid));
  const others = noted.filter((each) => !known.has(each.session));
  return [...own, ...others.flatMap((each) => notedRun(session, each, processes))];
}

function notedRun(session: string, noted: PaneRun, all: readonly ProcessFacts[]): Run[] {
  const { pane, session: keeperPid } = noted;
  const processes = all.filter((each) => each.session === keeperPid && each.pid !== keeperPid);
  const isThere = processes.some(
    ({ pid, startedAt }) => pid === noted.pid && startedAt === noted.startedAt,
  );
  return isThere ? [{ session, pane, keeperPid, keeper: undefined, processes }] : [];
}

/**
 * Ends what is left of runs, all at once.
 *
 * @throws UnavailableError when something cannot be ended; the rest is.
 */
export async function endRuns(
  runs: readonly Run[],
  stopOf: (pane: string) => PanePolicy['stop'],
): Promise<void> {
  const ends = await Promise.allSettled(
    runs.map((run) => endRun(run, stopOf(run.pane), undefined)),
  );
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
}

/** An earlier run cannot be ended, and nothing may be started beside it. */
export class StillRunsError extends UnavailableError {
  override name = 'StillRunsError';
}

/**
 * Ends what is left of a run as the policy says, and its keeper with it.
 *
 * @param keeper is the connection with its keeper, where there is one (`followKeeper`).
 * @returns the last state that its keeper told; undefined where it told none.
 * @throws UnavailableError when a process of it cannot be ended: none is ever assumed to be dead.
 */
async function endRun(
  run: Run,
  stop: PanePolicy['stop'],
  keeper: KeeperConnection | undefined,
): Promise<KeeperState | undefined> {
  if (run.keeper !== undefined) continueStopped(run.keeper.pid);
  if (!(await hasEnded(run, stop.signal, stop.graceMs))) {
    if (!(await hasEnded(run, 'SIGKILL', KILL_LIMIT_MS))) throw await stillRuns(run);
  }
  if (run.keeper !== undefined) await endKeeper(run.keeper);
  if (keeper === undefined) return undefined;
  // The keeper has ended, so that its last state has arrived once the connection is closed.
  await withDeadline(keeper.closed, CONNECT_LIMIT_MS, 'the last word of a keeper').catch(
    () => undefined,
  );
  return keeper.state;
}

/**
 * Connects with the keeper of a run whose pane is gone: it alone knows how its command will end. To be
 * called only while no new keeper listens at the same path, which would lose its socket.
 */
async function followKeeper(run: Run): Promise<KeeperConnection | undefined> {
  if (run.keeper === undefined || !askToListen(run.keeper.pid)) return undefined;
  const { socketPath } = run.keeper;
  const connection = await findKeeper(socketPath);
  if (connection === undefined || isOf(connection.state, run)) return connection;
  connection.close();
  return undefined;
}

/** Connects with the keeper that listens at `socketPath`; undefined where none answers. */
export function findKeeper(socketPath: string): Promise<KeeperConnection | undefined> {
  const connecting = KeeperConnection.connect({ socketPath, deadlineMs: CONNECT_LIMIT_MS });
  return connecting.catch(() => undefined);
}

/** Whether a state is of this run's keeper: another one may have made its socket there first. */
function isOf({ starts, pid: running }: KeeperState, { processes }: Run): boolean {
  return starts > 0 && (running === null || processes.some(({ pid }) => pid === running));
}

/** Sends the signal to every group of the run; @returns whether all have ended within the limit. */
async function hasEnded(run: Run, signal: NodeJS.Signals, limitMs: number): Promise<boolean> {
  const giveUpAt = performance.now() + limitMs;
  const signalled = new Set<number>();
  let left = await membersOf(run);
  while (left.length > 0) {
    for (const { group } of left) {
      if (signalled.has(group)) continue;
      signalled.add(group);
      signalProcess(-group, signal);
      signalProcess(-group, 'SIGCONT');
    }
    while (left.some(livesOn)) {
      if (performance.now() > giveUpAt) return false;
      await delay(POLL_MS);
    }
    // The run may have started other processes meanwhile.
    left = performance.now() > giveUpAt ? [] : await membersOf(run);
  }
  return (await membersOf(run)).length === 0;
}

/** The members of the run's terminal session, whose number no other gets while it has members. */
async function membersOf({ keeperPid, keeper, processes }: Run): Promise<ProcessFacts[]> {
  if (keeper === undefined && !processes.some(livesOn)) return [];
  return (await scanProcesses()).filter(
    ({ session, pid }) => session === keeperPid && pid !== keeperPid,
  );
}

/** Waits for a keeper to end with its pane, and kills one whose pane is still there on an unused server. */
async function endKeeper(keeper: KeeperProcess): Promise<void> {
  const killAt = performance.now() + CONNECT_LIMIT_MS;
  while (livesOn(keeper)) {
    if (performance.now() > killAt) signalProcess(keeper.pid, 'SIGKILL');
    await delay(POLL_MS);
    if (performance.now() > killAt + KILL_LIMIT_MS) {
      throw new UnavailableError(
        `a keeper of an earlier start (process ${keeper.pid}) cannot be ended`,
      );
    }
  }
}

async function stillRuns(run: Run): Promise<StillRunsError> {
  const pids = (await membersOf(run)).map(({ pid }) => pid).join(', ');
  return new StillRunsError(
    `an earlier run of ${run.pane} cannot be ended, and it is not started beside it: process ${pids}`,
    { hint: `end it yourself; ${run.pane} is started then` },
  );
}
