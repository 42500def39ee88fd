import { FairQueue } from '../../base/fair-queue.js';
import type { PaneLines } from '../mirror/mirror-source.js';

/**
 * Asks for pages one after the other, for all observers of a session together: none takes tmux
 * more than a few milliseconds, and tmux serves those who type before it gets the next question.
 * Engineers take turns. An observer has two requests at most (`Viewer`), which bounds what waits.
 */
export class PacedHistory {
  readonly #lines: PaneLines;
  readonly #waiting = new FairQueue<() => Promise<void>>();
  #isBusy = false;

  constructor(lines: PaneLines) {
    this.#lines = lines;
  }

  /** Pages for one engineer. */
  of(engineer: string): PaneLines {
    return {
      history: (...request) => this.#ask(engineer, () => this.#lines.history(...request)),
      search: (...request) => this.#ask(engineer, () => this.#lines.search(...request)),
    };
  }

  #ask<T>(engineer: string, read: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#waiting.add(engineer, () => read().then(resolve, reject));
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
