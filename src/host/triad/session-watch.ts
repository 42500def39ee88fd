import type { Clock } from '../../base/clock.js';
import type { PaneName } from '../../base/ids.js';
import { continueStopped } from '../../base/process-scan.js';
import type { Logger } from '../../log/logger.js';
import type { Taps } from '../tap/taps.js';
import type { ControlConnection } from '../tmux/control-connection.js';
import { panesOf } from '../tmux/rows.js';
import { KeeperSockets, type KeeperSocketsOptions } from './keeper-sockets.js';
import { PanePipes } from './pane-pipes.js';
import { PANE_ROW, type PaneRow } from './pane-row.js';
import type { ServerProcess } from './server-process.js';
import { SessionCheck } from './session-check.js';
import { WindowPlaces } from './window-places.js';

/** Looks between two at keepers and the socket: about once a second. */
const LOOKS_PER_ROUND = 5;

export interface SessionWatchOptions {
  readonly taps: Taps;
  readonly clock: Clock;
  readonly log: Logger;
  readonly process: ServerProcess;
  readonly sessionId: () => string;
  /** Throws while tmux cannot be asked. */
  readonly getControl: () => ControlConnection;
  /** Gets those of our panes that are there with a living keeper. */
  readonly onThere: (names: ReadonlySet<PaneName>) => void;
  readonly keeperSockets: KeeperSocketsOptions;
}

/** Watches what becomes of a session inside tmux: its panes, their places, taps and keepers. */
export class SessionWatch {
  readonly places = new WindowPlaces();
  readonly pipes: PanePipes;
  readonly #options: SessionWatchOptions;
  readonly #check: SessionCheck;
  readonly #keeperSockets: KeeperSockets;
  #looks = 0;

  constructor(options: SessionWatchOptions) {
    const { taps, clock, log, getControl, sessionId } = options;
    this.#options = options;
    this.pipes = new PanePipes({
      ...{ taps, clock, log, getControl },
      serverPid: () => options.process.pid,
    });
    this.#keeperSockets = new KeeperSockets(options.keeperSockets);
    this.#check = new SessionCheck({
      ...{ clock, log, onRows: (rows: readonly PaneRow[]) => this.#seen(rows) },
      ask: async () => panesOf(getControl(), sessionId(), PANE_ROW),
    });
  }

  start(): void {
    this.#check.start();
  }

  /** Looks once, at a session that is another one. @throws what tmux answers. */
  async lookAnew(isAdopted: boolean): Promise<void> {
    this.places.clear();
    await this.pipes.lookAnew(isAdopted, () => this.#check.look());
  }

  stop(): void {
    this.#check.stop();
  }

  async #seen(rows: readonly PaneRow[]): Promise<void> {
    this.places.look(rows);
    await this.pipes.look(rows);
    const there = rows.flatMap(({ name, isDead }) => (name === undefined || isDead ? [] : [name]));
    this.#options.onThere(new Set(there));
    this.#looks += 1;
    if (this.#looks % LOOKS_PER_ROUND > 0) return;
    for (const row of rows) {
      this.#continueKeeper(row);
      this.#keeperSockets.look(row);
    }
    await this.#options.process.keepSocket();
  }

  #continueKeeper({ name, keeperPid }: PaneRow): void {
    if (name === undefined || !continueStopped(keeperPid)) return;
    this.#options.log.warn({ pane: name }, 'keeper was stopped, continued');
  }
}
