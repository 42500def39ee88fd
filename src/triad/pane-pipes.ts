import type { Clock } from '../base/clock.js';
import type { PaneId, PaneName } from '../base/ids.js';
import type { Logger } from '../log/logger.js';
import type { Taps } from '../tap/taps.js';
import { quoteArgument } from '../tmux/control-quoting.js';
import type { PaneRow } from './pane-row.js';

/** Pauses before a pane is piped again whose tap did not stay: doubled each time. */
const FIRST_PAUSE_MS = 200;
const LAST_PAUSE_MS = 10_000;

export interface PanePipesOptions {
  readonly taps: Taps;
  readonly clock: Clock;
  readonly log: Logger;
  readonly ask: (subcommand: string, args: readonly string[]) => Promise<unknown>;
}

/** Gives each pane of ours its tap where none is; somebody's own pipe is left in its place. */
export class PanePipes {
  readonly #options: PanePipesOptions;
  /** Panes whose tap was started and not seen yet, and when it may be started again. */
  readonly #attempts = new Map<PaneId, { readonly pauseMs: number; readonly dueAt: number }>();

  /** Panes that had one when they were seen last. */
  #piped: ReadonlySet<PaneId> = new Set();
  /** The panes are those of an earlier host, which had tapped them all. */
  #isAdopted = false;

  constructor(options: PanePipesOptions) {
    this.#options = options;
  }

  /** Looks at panes for the first time; where an earlier host left taps in them, these are taken over. */
  async lookAnew(isAdopted: boolean, look: () => Promise<readonly PaneRow[]>): Promise<void> {
    this.#isAdopted = isAdopted;
    const tapped = (await look()).filter(({ hasPipe, isDead }) => hasPipe && !isDead);
    if (isAdopted) await this.#options.taps.reconnected(tapped.flatMap(({ name }) => name ?? []));
  }

  /** Resolves when tmux has answered to what this began. */
  async look(rows: readonly PaneRow[]): Promise<void> {
    for (const id of this.#attempts.keys()) {
      if (!rows.some((row) => row.id === id && !row.hasPipe)) this.#attempts.delete(id);
    }
    for (const { id, name, isDead, hasPipe } of rows) {
      const wasPiped = this.#isAdopted || this.#piped.has(id);
      if (name !== undefined && !isDead && !hasPipe && wasPiped) this.#lost(name);
    }
    this.#isAdopted = false;
    this.#piped = new Set(rows.flatMap(({ id, hasPipe }) => (hasPipe ? [id] : [])));
    await Promise.all(
      rows.flatMap(({ id, name, isDead, hasPipe }) =>
        name === undefined || isDead || hasPipe ? [] : [this.#pipe(id, name)],
      ),
    );
  }

  /** What came until it has another one is lost. */
  #lost(name: PaneName): void {
    this.#options.log.warn({ pane: name }, 'tap has ended, pane is tapped anew');
    this.#options.taps.missing(name);
  }

  async #pipe(id: PaneId, name: PaneName): Promise<void> {
    const { taps, clock, log, ask } = this.#options;
    const { pauseMs, dueAt } = this.#attempts.get(id) ?? { pauseMs: FIRST_PAUSE_MS, dueAt: 0 };
    if (clock.elapsed() < dueAt) return;
    const next = {
      pauseMs: Math.min(pauseMs * 2, LAST_PAUSE_MS),
      dueAt: clock.elapsed() + pauseMs,
    };
    this.#attempts.set(id, next);
    try {
      await ask('pipe-pane', ['-t', id, quoteArgument(taps.pipeCommand(name))]);
    } catch (error) {
      log.debug({ error, pane: name }, 'pane not tapped');
    }
  }
}
