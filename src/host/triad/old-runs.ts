import type { PaneName, SessionName } from '../../base/ids.js';
import type { ProcessFacts } from '../../base/process-scan.js';
import type { Logger } from '../../log/logger.js';
import type { KeeperConnection } from '../keeper/keeper-connection.js';
import type { KeeperState } from '../keeper/keeper-protocol.js';
import type { PanePolicy } from '../plan/session-plan.js';
import { endRun, followKeeper } from './run-end.js';
import type { NotedRun, RunNotes } from './run-notes.js';
import { findRuns, type HomeRuns, type Run } from './runs.js';

export interface OldRunsOptions {
  readonly session: SessionName;
  /** The home's mark. */
  readonly homeMark: string;
  readonly notes: RunNotes;
  readonly log: Logger;
}

/** What is searched for of a pane before anything is started in it. */
export interface OldRunsOf {
  readonly pane: PaneName;
  /** The keeper that is in the pane now, whose run is no old one. */
  readonly keeperPid: number | undefined;
}

/** Finds what earlier starts have left running of a session, and ends it before it runs twice. */
export class OldRuns {
  readonly #options: OldRunsOptions;
  /** Of the runs that are about to be ended, by their keepers' process ids. */
  readonly #keepers = new Map<number, KeeperConnection>();

  constructor(options: OldRunsOptions) {
    this.#options = options;
  }

  /** The tmux server of the session, also where its socket and every note of it are gone. */
  async findServer(): Promise<number | undefined> {
    return (await this.#scan()).servers.get(this.#options.session);
  }

  /** Connects with the keepers that are left, before others take their places. */
  async follow(): Promise<void> {
    const { session } = this.#options;
    const own = (await this.#scan()).runs.filter((run) => run.session === session);
    await Promise.all(own.map((run) => this.#follow(run)));
  }

  /** Whether something else of a pane lives than what its present keeper runs. */
  async find(): Promise<(of: OldRunsOf) => readonly Run[]> {
    const { session, notes } = this.#options;
    const { runs, processes } = await this.#scan();
    const own = runs.filter((run) => run.session === session);
    const known = new Set(own.map(({ keeperPid }) => keeperPid));
    const others = notes.runs().filter((each) => !known.has(each.session));
    const all = [...own, ...others.flatMap((each) => this.#noted(each, processes))];
    return ({ pane, keeperPid }) =>
      all.filter((run) => run.pane === pane && run.keeperPid !== keeperPid);
  }

  /**
   * Resolves when nothing of a pane runs but what its present keeper runs.
   *
   * @returns the last word of the keeper that had started it; undefined where there is none.
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

  /** Lets go of all keepers. */
  close(): void {
    for (const keeper of this.#keepers.values()) keeper.close();
    this.#keepers.clear();
  }

  async #follow(run: Run): Promise<void> {
    if (this.#keepers.has(run.keeperPid)) return;
    const keeper = await followKeeper(run);
    if (keeper !== undefined) this.#keepers.set(run.keeperPid, keeper);
  }

  #scan(): Promise<HomeRuns> {
    return findRuns(this.#options.homeMark);
  }

  /** A command that has dropped its environment is known by what was noted when it was started. */
  #noted(noted: NotedRun, all: readonly ProcessFacts[]): Run[] {
    const { pane, session: keeperPid } = noted;
    const processes = all.filter(({ session, pid }) => session === keeperPid && pid !== keeperPid);
    const isThere = processes.some(
      ({ pid, startedAt }) => pid === noted.pid && startedAt === noted.startedAt,
    );
    const { session } = this.#options;
    return isThere ? [{ session, pane, keeperPid, keeper: undefined, processes }] : [];
  }
}
