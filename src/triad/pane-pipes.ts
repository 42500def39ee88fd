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
  /** The tap of a pane has ended before the pane: what comes until it has another one is lost. */
  readonly onLost: (name: PaneName) => void;
}

/** Gives each pane of ours its tap where none is; somebody's own pipe is left in its place. */
export class PanePipes {
  readonly #options: PanePipesOptions;
  /** Panes whose tap was started and not seen yet, and when it may be started again. */
  readonly #attempts = new Map<PaneId, { readonly pauseMs: number; readonly dueAt: number }>();

  /** Panes that had one when they were seen last. */
  #piped: ReadonlySet<PaneId> = new Set();

  constructor(options: PanePipesOptions) {
    this.#options = options;
  }

  /** Resolves when tmux has answered to what this began. */
  async look(rows: readonly PaneRow[]): Promise<void> {
    for (const id of this.#attempts.keys()) {
      if (!rows.some((row) => row.id === id && !row.hasPipe)) this.#attempts.delete(id);
    }
    for (const { id, name, isDead, hasPipe } of rows) {
      if (name !== undefined && !isDead && !hasPipe && this.#piped.has(id)) {
        this.#options.onLost(name);
      }
    }
    this.#piped = new Set(rows.flatMap(({ id, hasPipe }) => (hasPipe ? [id] : [])));
    await Promise.all(
      rows.flatMap(({ id, name, isDead, hasPipe }) =>
        name === undefined || isDead || hasPipe ? [] : [this.#pipe(id, name)],
      ),
    );
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
