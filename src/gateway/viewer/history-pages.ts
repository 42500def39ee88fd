import { setTimeout as delay } from 'node:timers/promises';
import { RefusedError } from '../../base/errors.js';
import { FairQueue } from '../../base/fair-queue.js';
import type { HistoryPage, HistoryRequest } from '../../base/history-page.js';
import type { PaneId } from '../../base/ids.js';
import { Turns } from '../../base/turns.js';
import type { MirrorSource } from '../mirror/mirror-source.js';

/** One observer's requests for pages: one is under way, one may wait, and more are refused. */
export class PageQueue {
  readonly #history: MirrorSource['history'];
  readonly #turns = new Turns({ maxAtOnce: 1, maxWaiting: 1 });

  constructor(history: MirrorSource['history']) {
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

/**
 * Asks for pages one after the other, for all observers of a session together, and rests after each as
 * long as it took: whoever searches a long history must not keep tmux, or us, from those who type. Engineers
 * take turns. Each observer has two requests at most (`PageQueue`), which bounds what waits.
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
      const askedAt = performance.now();
      await ask();
      await delay(performance.now() - askedAt);
    }
    this.#isBusy = false;
  }
}
