import type { Clock } from '../base/clock.js';
import type { Logger } from '../log/logger.js';
import { type PaneRow, parsePaneRow } from './pane-row.js';

/** What it finds is seen within this; each look costs the tmux server a tenth of a millisecond. */
const INTERVAL_MS = 200;
/** Looks until an answer that is the same again is gone through, too: about a second. */
const LOOKS_PER_ROUND = 5;

export interface SessionCheckOptions {
  readonly clock: Clock;
  readonly log: Logger;
  /** Asks tmux for the rows of every pane of the session. */
  readonly ask: () => Promise<readonly string[]>;
  /** @returns whether all is well, so that the same rows need not be told for a while. */
  readonly onRows: (rows: readonly PaneRow[]) => Promise<boolean>;
  /** About once a second, after the rows. */
  readonly onRound: (rows: readonly PaneRow[]) => Promise<void>;
}

/**
 * The check behind the keepers: asks tmux again and again what panes there are. No answer means
 * nothing: neither that they are there nor that they are gone.
 */
export class SessionCheck {
  readonly #options: SessionCheckOptions;
  #cancelNext: () => void = () => undefined;
  #isStopped = true;
  #looks = 0;
  /** The answer after which all was well. */
  #settled: readonly string[] | undefined;

  constructor(options: SessionCheckOptions) {
    this.#options = options;
  }

  start(): void {
    this.#isStopped = false;
    this.#schedule();
  }

  /** Looks once, and tells whatever it finds. @throws what tmux answers, or that it does not. */
  async look(): Promise<void> {
    await this.#tell(await this.#options.ask());
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
      await this.#lookOn();
    } catch (error) {
      this.#options.log.debug({ error }, 'tmux did not answer the check');
    }
    this.#schedule();
  }

  async #lookOn(): Promise<void> {
    const answer = await this.#options.ask();
    this.#looks += 1;
    const isRound = this.#looks % LOOKS_PER_ROUND === 0;
    if (!isRound && isSame(answer, this.#settled)) return;
    const rows = await this.#tell(answer);
    if (isRound) await this.#options.onRound(rows);
  }

  async #tell(answer: readonly string[]): Promise<readonly PaneRow[]> {
    this.#settled = undefined;
    const rows = answer.map(parsePaneRow);
    if (await this.#options.onRows(rows)) this.#settled = answer;
    return rows;
  }
}

function isSame(answer: readonly string[], other: readonly string[] | undefined): boolean {
  return answer.length === other?.length && answer.every((line, at) => line === other[at]);
}
