import { RefusedError } from '../../base/errors.js';
import type { HistoryPage, HistoryRequest } from '../../base/history-page.js';
import type { PaneId } from '../../base/ids.js';
import { Turns } from '../../base/turns.js';

/** One observer's requests for pages: one is under way, one may wait, and more are refused. */
export class PageQueue {
  readonly #history: (pane: PaneId, request: HistoryRequest) => Promise<HistoryPage>;
  readonly #turns = new Turns({ maxAtOnce: 1, maxWaiting: 1 });

  constructor(history: (pane: PaneId, request: HistoryRequest) => Promise<HistoryPage>) {
    this.#history = history;
  }

  /** Whether the next request would be refused. */
  get isFull(): boolean {
    return this.#turns.isFull;
  }

  /** @throws RefusedError when another one waits already; whatever the host throws. */
  async ask(pane: PaneId, request: HistoryRequest): Promise<HistoryPage> {
    if (this.isFull) throw new RefusedError('an earlier request for lines is still waiting');
    return this.#turns.take(() => this.#history(pane, request));
  }
}
