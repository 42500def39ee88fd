import { FairQueue } from '../../base/fair-queue.js';
import type { HistoryPage, HistoryRequest } from '../../base/history-page.js';
import type { PaneId } from '../../base/ids.js';
import type { MirrorSource } from '../mirror/mirror-source.js';

/**
 * Asks for pages one after the other, for all observers of a session together: none takes tmux
 * more than a few milliseconds, and tmux serves those who type before it gets the next question.
 * Engineers take turns. An observer has two requests at most (`Viewer`), which bounds what waits.
 */
export class PacedHistory {
  readonly #history: MirrorSource['history'];
  readonly #waiting = new FairQueue<() => Promise<void>>();
  #isBusy = false;

  constructor(history: MirrorSource['history']) {
    this.#history = history;
  }

  /** Pages for one engineer. */
  of(engineer: string): MirrorSource['history'] {
    return (pane, request) => this.#ask(engineer, pane, request);
  }

  #ask(engineer: string, pane: PaneId, request: HistoryRequest): Promise<HistoryPage> {
    return new Promise((resolve, reject) => {
      this.#waiting.add(engineer, () => this.#history(pane, request).then(resolve, reject));
      if (!this.#isBusy) void this.#work();
    });
  }

  async #work(): Promise<void> {
    this.#isBusy = true;
    for (let ask = this.#waiting.shift(); ask !== undefined; ask = this.#waiting.shift()) {
      await ask();
    }
    this.#isBusy = false;
  }
}
