import type { Clock } from '../../base/clock.js';
import type { Logger } from '../../log/logger.js';
import type { PaneRow } from './pane-row.js';

/** What it finds is seen within this; each look costs the tmux server a tenth of a millisecond. */
const INTERVAL_MS = 250;

export interface SessionCheckOptions {
  readonly clock: Clock;
  readonly log: Logger;
  /** Asks tmux for the rows of every pane of the session. */
  readonly ask: () => Promise<readonly PaneRow[]>;
  readonly onRows: (rows: readonly PaneRow[]) => Promise<void>;
}

/**
 * The check behind the keepers: asks tmux again and again what panes there are. No answer means
 * nothing: neither that they are there nor that they are gone.
 */
export class SessionCheck {
  readonly #options: SessionCheckOptions;
  #cancelNext: () => void = () => undefined;
  #isStopped = true;

  constructor(options: SessionCheckOptions) {
    this.#options = options;
  }

  start(): void {
    this.#isStopped = false;
    this.#schedule();
  }

  /** Looks once. @throws what tmux answers, or that it does not. */
  async look(): Promise<readonly PaneRow[]> {
    const rows = await this.#options.ask();
    await this.#options.onRows(rows);
    return rows;
  }

  stop(): void {
    this.#isStopped = true;
    this.#cancelNext();
  }

  #schedule(): void {
    if (this.#isStopped) return;
    this.#cancelNext();
    this.#cancelNext = this.#options.clock.after(INTERVAL_MS, () => void this.#lookAgain());
  }

  async #lookAgain(): Promise<void> {
    try {
      await this.look();
    } catch (error) {
      this.#options.log.debug({ error }, 'tmux did not answer the check');
    }
    this.#schedule();
  }
}
