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

/** A keeper listens within milliseconds of its start; a machine under load takes longer. */
const KEEPER_LIMIT_MS = 10_000;
/** Keepers give a command 7 s to end before they kill it. */
export const END_LIMIT_MS = 15_000;

export interface PaneMenderOptions {
  readonly builder: SessionBuilder;
  readonly positions: PanePositions;
  readonly pipes: PanePipes;
  readonly runs: RunRecord;
  readonly log: Logger;
  /** Aborted when the panes are led by nobody any more. */
  readonly closing: AbortSignal;
  readonly oldRuns: OldRuns;
  /** Somebody closed the pane; it is being made again. */
  readonly onClosed: (pane: Pane) => void;
  /** Somebody closed the pane, and nothing says what to make it again with. */
  readonly onForgotten: (pane: Pane) => void;
}

/** Connects a pane with its keeper, however long that takes. */
export type ConnectKeeper = () => Promise<void>;

/** Gives panes their keepers: those just found, and those whose keeper or pane somebody took away. */
export class PaneMender {
  readonly #options: PaneMenderOptions;

  constructor(options: PaneMenderOptions) {
    this.#options = options;
  }

  /**
   * Connects a pane with the keeper in its place, or with a new one where that is gone or somebody has put
   * another program there.
   *
   * @param note is shown in it where no command runs.
   */
  async adopt(pane: Pane, found: FoundPane, note?: string): Promise<void> {
    await this.#keep(pane, found);
    await this.#adoptKeeper(pane, found, note);
  }

  /** Sees to it that there is a keeper that can answer. */
  async #keep(pane: Pane, found: FoundPane): Promise<void> {
    const socketPath = this.#options.builder.keeperSocket(pane.name);
    if (!isKeeperOf(found.keeperPid, pane.name)) return this.#respawn(pane, found);
    continueStopped(found.keeperPid);
    if (!existsSync(socketPath)) this.#askToListen(found);
  }

  /** A keeper whose socket somebody deleted goes on where nobody can reach it. */
  #askToListen({ name, keeperPid }: FoundPane): void {
    const isAsked = askToListen(keeperPid);
    const what = isAsked
      ? 'socket of a keeper was deleted, made again'
      : 'socket of a keeper is gone';
    this.#options.log.warn({ pane: name, pid: keeperPid }, what);
  }

  /** Makes a pane where it was seen last. */
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
   * Puts right a pane that lost its keeper: the keeper is connected again, gets a successor, or the pane
   * is made again where it was.
   *
   * @returns what is to be done without keeping the session's windows from others; undefined where
   *   nothing in them is new.
   */
  async mend(sessionId: string, pane: Pane): Promise<ConnectKeeper | undefined> {
    const { builder, positions } = this.#options;
    // All of ours may be gone while a window of somebody's own keeps the session.
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
   * Ends what of a pane lives beside the keeper in its place, which may take its time.
   *
   * @throws UnavailableError where that cannot be done: nothing may be started in it then.
   */
  async free(sessionId: string, pane: Pane): Promise<void> {
    const panes = await this.#options.builder.findPanes(sessionId);
    const found = panes.find(({ name }) => name === pane.name);
    const { oldRuns, runs } = this.#options;
    const last = await oldRuns.end(oldRunsOf(pane.name, found), pane.policy.stop);
    if (last !== undefined) runs.seen(pane.name, last);
    pane.lostBefore(exitOf(last) ?? undefined);
  }

  /** Makes a pane where it was; led, its command is started when what was in it before has ended. */
  async make(sessionId: string, pane: Pane, plan: PanePlan): Promise<ConnectKeeper> {
    const found = await this.#options.positions.hold(() => this.#makeWhereItWas(sessionId, plan));
    await this.#pipe(sessionId);
    return async () => {
      await withDeadline(pane.gone(), END_LIMIT_MS, `the command of ${pane.name}`);
      pane.lost('its pane was closed');
      await this.#adoptKeeper(pane, found);
    };
  }

  /** @throws UnavailableError while what the keeper before it ran goes on: nothing is started beside that. */
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

/** What of a pane is no old run: that of the keeper in its place. */
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
