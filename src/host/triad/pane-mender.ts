import { existsSync } from 'node:fs';
import { withDeadline } from '../../base/deadline.js';
import { UnavailableError } from '../../base/errors.js';
import type { PaneName } from '../../base/ids.js';
import { continueStopped } from '../../base/process-scan.js';
import type { Logger } from '../../log/logger.js';
import { KeeperConnection } from '../keeper/keeper-connection.js';
import type { PanePlan } from '../plan/session-plan.js';
import { exitOf } from './command-exit.js';
import type { OldRuns, OldRunsOf } from './old-runs.js';
import type { Pane } from './pane.js';
import type { PanePipes } from './pane-pipes.js';
import type { PanePositions } from './pane-positions.js';
import type { PaneRow } from './pane-row.js';
import { askToListen } from './process-facts.js';
import type { RunRecord } from './run-record.js';
import { isKeeperOf } from './runs.js';
import type { FoundPane, SessionBuilder } from './session-builder.js';

/** How long a keeper may take to listen: some milliseconds, or seconds on a machine under load. */
const KEEPER_LIMIT_MS = 10_000;
/** How long a keeper may take to end a command with its pane: it kills it after 5 s (`keeper.cc`). */
export const END_LIMIT_MS = 15_000;

export interface PaneMenderOptions {
  readonly builder: SessionBuilder;
  readonly positions: PanePositions;
  readonly pipes: PanePipes;
  readonly runs: RunRecord;
  readonly log: Logger;
  /** Aborted when this host lets go of the panes. */
  readonly closing: AbortSignal;
  readonly oldRuns: OldRuns;
  /** Called when somebody closed the pane and it is being made again. */
  readonly onClosed: (pane: Pane) => void;
  /** Called when somebody closed a pane that is not configured, so that it is not made again. */
  readonly onForgotten: (pane: Pane) => void;
}

/** Connects a pane with its keeper, however long that takes. */
export type ConnectKeeper = () => Promise<void>;

/** Gives a keeper to panes that were just found, and to those that have lost theirs. */
export class PaneMender {
  readonly #options: PaneMenderOptions;

  constructor(options: PaneMenderOptions) {
    this.#options = options;
  }

  /**
   * Connects a pane with the keeper that runs in it, or with a new one where none does.
   *
   * @param note is shown in the pane where no command runs.
   */
  async adopt(pane: Pane, found: FoundPane, note?: string): Promise<void> {
    await this.#keep(pane, found);
    await this.#adoptKeeper(pane, found, note);
  }

  /** Ensures that a keeper runs in the pane, is not stopped and has its socket. */
  async #keep(pane: Pane, found: FoundPane): Promise<void> {
    const socketPath = this.#options.builder.keeperSocket(pane.name);
    if (!isKeeperOf(found.keeperPid, pane.name)) return this.#respawn(pane, found);
    continueStopped(found.keeperPid);
    if (!existsSync(socketPath)) this.#askToListen(found);
  }

  /** Asks a keeper whose socket was deleted to make it again, since nobody can connect with it. */
  #askToListen({ name, keeperPid }: FoundPane): void {
    const isAsked = askToListen(keeperPid);
    const what = isAsked
      ? 'socket of a keeper was deleted, made again'
      : 'socket of a keeper is gone';
    this.#options.log.warn({ pane: name, pid: keeperPid }, what);
  }

  /** Makes a pane at the position where it was seen last. */
  async #makeWhereItWas(sessionId: string, plan: PanePlan): Promise<FoundPane> {
    const { builder, positions } = this.#options;
    const rows = await builder.rows(sessionId);
    const found = await builder.addPane(sessionId, plan, positions.neighbour(plan.name, rows));
    positions.replace(plan.name, found.id);
    const window = positions.find(plan.name);
    const isThere = rows.some(({ windowId }) => windowId === window?.windowId);
    if (window !== undefined && isThere) await builder.restore(sessionId, window);
    else if (areAlone(await builder.rows(sessionId))) await builder.arrange(sessionId);
    return found;
  }

  async #adoptKeeper(pane: Pane, found: FoundPane, note?: string): Promise<void> {
    const keeper = await this.#connect(pane.name);
    const { programMark } = found;
    const memory = this.#options.runs.reconciled(pane.name, found.memory);
    this.#options.runs.follow(pane.name, keeper);
    pane.adopt(found.id, keeper, { memory, note, programMark });
    await pane.begun();
  }

  /**
   * Repairs a pane that lost its keeper: connects again, replaces the keeper, or makes the pane again.
   *
   * @returns the rest of the work, which needs no turn at the session's windows; undefined where
   *   nothing in them has changed.
   */
  async mend(sessionId: string, pane: Pane): Promise<ConnectKeeper | undefined> {
    const { builder, positions } = this.#options;
    // Only without any pane is the session gone: somebody's own window may keep it where ours are closed.
    if ((await builder.rows(sessionId)).length === 0) return undefined;
    const found = (await builder.findPanes(sessionId)).find(({ name }) => name === pane.name);
    if (found !== undefined) {
      if (pane.id !== null && !found.isDead) return undefined;
      pane.letGo();
      positions.replace(pane.name, found.id);
      await this.#keep(pane, found);
      return () => this.#adoptKeeper(pane, found);
    }
    if (pane.plan === undefined) {
      this.#options.log.warn({ pane: pane.name }, 'pane was closed, and is not configured');
      positions.forget(pane.name);
      this.#options.onForgotten(pane);
      return () => Promise.resolve();
    }
    if (pane.hasHadKeeper && !pane.isLost) this.#options.onClosed(pane);
    return this.make(sessionId, pane, pane.plan);
  }

  /**
   * Ends the old runs of a pane, which may take as long as their policy says.
   *
   * @throws UnavailableError where one cannot be ended: nothing may be started in the pane then.
   */
  async free(sessionId: string, pane: Pane): Promise<void> {
    const panes = await this.#options.builder.findPanes(sessionId);
    const found = panes.find(({ name }) => name === pane.name);
    const { oldRuns, runs } = this.#options;
    const last = await oldRuns.end(oldRunsOf(pane.name, found), pane.policy.stop);
    if (last !== undefined) runs.seen(pane.name, last);
    pane.lostBefore(exitOf(last) ?? undefined);
  }

  /** Makes a pane where it was. The returned function starts its command, once the one before has ended. */
  async make(sessionId: string, pane: Pane, plan: PanePlan): Promise<ConnectKeeper> {
    const found = await this.#options.positions.hold(() => this.#makeWhereItWas(sessionId, plan));
    await this.#pipe(sessionId);
    return async () => {
      await withDeadline(pane.gone(), END_LIMIT_MS, `the command of ${pane.name}`);
      pane.lost('its pane was closed');
      await this.#adoptKeeper(pane, found);
    };
  }

  /** Puts a new keeper into a pane. @throws UnavailableError while an old run of the pane goes on. */
  async #respawn(pane: Pane, found: FoundPane): Promise<void> {
    const left = (await this.#options.oldRuns.find())({ pane: pane.name, keeperPid: undefined });
    if (left.length > 0) {
      throw new UnavailableError(`what a killed keeper of ${pane.name} ran has not ended yet`);
    }
    pane.lost('its keeper was killed');
    await this.#options.builder.respawn(found);
  }

  async #pipe(sessionId: string): Promise<void> {
    const { builder, pipes } = this.#options;
    await pipes.check(await builder.rows(sessionId));
  }

  #connect(name: PaneName): Promise<KeeperConnection> {
    const socketPath = this.#options.builder.keeperSocket(name);
    const { closing } = this.#options;
    return KeeperConnection.connect({ socketPath, deadlineMs: KEEPER_LIMIT_MS, abort: closing });
  }
}

/** The request for a pane's old runs, which leaves out the run of the keeper that is in it. */
export function oldRunsOf(pane: PaneName, found: FoundPane | undefined): OldRunsOf {
  const isThere = found !== undefined && isKeeperOf(found.keeperPid, pane);
  return { pane, keeperPid: isThere ? found.keeperPid : undefined };
}

/** Whether our panes are in one window and nothing else is in it, so that the configured layout fits. */
function areAlone(rows: readonly PaneRow[]): boolean {
  const windows = new Set(rows.filter(({ name }) => name !== undefined).map((row) => row.windowId));
  const inThem = rows.filter(({ windowId }) => windows.has(windowId));
  return windows.size === 1 && inThem.every(({ name }) => name !== undefined);
}
