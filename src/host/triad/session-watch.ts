import type { Clock } from '../../base/clock.js';
import type { PaneName } from '../../base/ids.js';
import type { OpenedPanes } from '../../base/pane.js';
import { continueStopped } from '../../base/process-scan.js';
import type { Logger } from '../../log/logger.js';
import type { SessionTaps } from '../tap/session-taps.js';
import type { ControlConnection } from '../tmux/control-connection.js';
import { panesOf } from '../tmux/rows.js';
import { KeeperSockets, type KeeperSocketsOptions } from './keeper-sockets.js';
import { describeOpened } from './opened-panes.js';
import { PanePipes } from './pane-pipes.js';
import { PanePositions } from './pane-positions.js';
import { PANE_ROW, type PaneRow } from './pane-row.js';
import type { ServerProcess } from './server-process.js';

/** The pause between two checks, of which each costs the tmux server a tenth of a millisecond. */
const CHECK_INTERVAL_MS = 250;
/** Every so many checks keepers and sockets are checked, too: about once a second. */
const CHECKS_PER_ROUND = 5;

export interface SessionWatchOptions {
  readonly taps: SessionTaps;
  readonly clock: Clock;
  readonly log: Logger;
  readonly process: ServerProcess;
  readonly sessionId: () => string;
  /** Throws while tmux cannot be asked. */
  readonly getControl: () => ControlConnection;
  /** Called with the panes of ours that are there with a living keeper. */
  readonly onThere: (names: ReadonlySet<PaneName>) => void;
  readonly keeperSockets: KeeperSocketsOptions;
}

/**
 * Watches a session inside tmux: its panes, their positions, taps and keepers. It is the check behind the
 * keepers, by questions to tmux at an interval; without an answer no pane is taken to be there, or gone.
 */
export class SessionWatch {
  readonly positions = new PanePositions();
  readonly pipes: PanePipes;
  readonly #options: SessionWatchOptions;
  readonly #keeperSockets: KeeperSockets;
  #cancelNext: () => void = () => undefined;
  #isStopped = true;
  #checks = 0;
  #opened: OpenedPanes = { count: 0, panes: [] };

  constructor(options: SessionWatchOptions) {
    this.#options = options;
    this.pipes = new PanePipes({ ...options, serverPid: () => options.process.pid });
    this.#keeperSockets = new KeeperSockets(options.keeperSockets);
  }

  /** As of about the last second. */
  get opened(): OpenedPanes {
    return this.#opened;
  }

  start(): void {
    this.#isStopped = false;
    this.#schedule();
  }

  /** Checks a new session once. @throws TmuxError or UnavailableError where tmux does not answer. */
  async checkAnew(isAdopted: boolean): Promise<void> {
    this.positions.clear();
    this.#opened = { count: 0, panes: [] };
    await this.pipes.checkAnew(isAdopted, () => this.#check());
  }

  stop(): void {
    this.#isStopped = true;
    this.#cancelNext();
  }

  #schedule(): void {
    if (this.#isStopped) return;
    this.#cancelNext();
    this.#cancelNext = this.#options.clock.after(CHECK_INTERVAL_MS, () => void this.#checkAgain());
  }

  async #checkAgain(): Promise<void> {
    try {
      await this.#check();
    } catch (error) {
      this.#options.log.debug({ error }, 'tmux did not answer the check');
    }
    this.#schedule();
  }

  async #check(): Promise<readonly PaneRow[]> {
    const { getControl, sessionId, process, onThere } = this.#options;
    const rows = await panesOf(getControl(), sessionId(), PANE_ROW);
    this.positions.update(rows);
    await this.pipes.check(rows);
    const there = rows.flatMap(({ name, isDead }) => (name === undefined || isDead ? [] : [name]));
    onThere(new Set(there));
    this.#checks += 1;
    if (this.#checks % CHECKS_PER_ROUND > 0) return rows;
    for (const row of rows) {
      this.#continueKeeper(row);
      this.#keeperSockets.check(row);
    }
    await process.keepSocket();
    this.#opened = describeOpened(rows);
    return rows;
  }

  #continueKeeper({ name, keeperPid }: PaneRow): void {
    if (name === undefined || !continueStopped(keeperPid)) return;
    this.#options.log.warn({ pane: name }, 'keeper was stopped, continued');
  }
}
