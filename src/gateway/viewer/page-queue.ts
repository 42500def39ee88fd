import { RefusedError } from '../../base/errors.js';
import type { HistoryPage, HistoryRequest } from '../../base/history-page.js';
import type { PaneId } from '../../base/ids.js';

/** One observer's requests for pages: one is under way, one may wait, and more are refused. */
export class PageQueue {
  readonly #history: (pane: PaneId, request: HistoryRequest) => Promise<HistoryPage>;
  #last: Promise<unknown> = Promise.resolve();
  #asked = 0;

  constructor(history: (pane: PaneId, request: HistoryRequest) => Promise<HistoryPage>) {
    this.#history = history;
  }

  /** Whether the next request would be refused. */
  get isFull(): boolean {
    return this.#asked >= 2;
  }

  /** @throws RefusedError when another one waits already; whatever the host throws. */
  async ask(pane: PaneId, request: HistoryRequest): Promise<HistoryPage> {
    if (this.isFull) throw new RefusedError('an earlier request for lines is still waiting');
    this.#asked += 1;
    const answer = this.#last.then(() => this.#history(pane, request));
    this.#last = answer.catch(() => undefined);
    try {
      return await answer;
    } finally {
      this.#asked -= 1;
    }
  }
}
