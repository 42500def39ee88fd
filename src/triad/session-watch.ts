import { lstatSync } from 'node:fs';
import type { Clock } from '../base/clock.js';
import type { PaneName } from '../base/ids.js';
import type { Logger } from '../log/logger.js';
import type { Taps } from '../tap/taps.js';
import { PanePipes } from './pane-pipes.js';
import { PANE_ROW_FORMAT, type PaneRow } from './pane-row.js';
import { askToListen, continueStopped } from './process-facts.js';
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
  readonly ask: (subcommand: string, args: readonly string[]) => Promise<readonly string[]>;
  /** Gets those of our panes that are there with a living keeper. */
  readonly onThere: (names: ReadonlySet<PaneName>) => void;
  /** Where the keeper of a pane listens. */
  readonly keeperSocket: (name: PaneName) => string;
  /** That was removed, and is there again, or cannot be. */
  readonly onKeeperSocket: (name: PaneName, isThere: boolean) => void;
}

/** Watches what becomes of a session inside tmux: its panes, their places, taps and keepers. */
export class SessionWatch {
  readonly places = new WindowPlaces();
  readonly pipes: PanePipes;
  readonly #options: SessionWatchOptions;
  readonly #check: SessionCheck;
  #looks = 0;
  /** Panes whose keepers were asked to make their sockets again. */
  readonly #asked = new Set<PaneName>();

  constructor(options: SessionWatchOptions) {
    const { taps, clock, log, ask, sessionId } = options;
    this.#options = options;
    this.pipes = new PanePipes({ taps, clock, log, ask });
    this.#check = new SessionCheck({
      ...{ clock, log, onRows: (rows: readonly PaneRow[]) => this.#seen(rows) },
      ask: async () => ask('list-panes', ['-s', '-t', sessionId(), '-F', `"${PANE_ROW_FORMAT}"`]),
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
      this.#keepSocketOf(row);
    }
    await this.#options.process.keepSocket();
  }

  /** Whoever comes after us finds the keeper by it. */
  #keepSocketOf({ name, keeperPid, isDead }: PaneRow): void {
    if (name === undefined || isDead) return;
    const { keeperSocket, onKeeperSocket } = this.#options;
    const wasAsked = this.#asked.has(name);
    if (isSocket(keeperSocket(name))) {
      if (wasAsked) onKeeperSocket(name, true);
      this.#asked.delete(name);
      return;
    }
    const isAsked = askToListen(keeperPid);
    if (wasAsked || !isAsked) onKeeperSocket(name, false);
    this.#asked.add(name);
  }

  #continueKeeper({ name, keeperPid }: PaneRow): void {
    if (name === undefined || !continueStopped(keeperPid)) return;
    this.#options.log.warn({ pane: name }, 'keeper was stopped, continued');
  }
}

function isSocket(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isSocket() === true;
}
