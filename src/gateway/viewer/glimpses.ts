import type { PaneId } from '../../base/ids.js';
import type { LineSource } from './history-reader.js';
import { PaneGlimpse } from './pane-glimpse.js';

/** One observer's look at a pane that is not on the shared screen. */
export interface Look {
  readonly glimpse: PaneGlimpse;
  /** Looks no more. Idempotent. */
  close(): void;
}

/** The panes of a session that somebody looks at: each is read once for all who do. */
export class Glimpses {
  readonly #sourceOf: (pane: PaneId) => LineSource;
  #screens = 0;
  readonly #open = new Map<PaneId, { glimpse: PaneGlimpse; listeners: Set<() => void> }>();

  constructor(sourceOf: (pane: PaneId) => LineSource) {
    this.#sourceOf = sourceOf;
  }

  look(pane: PaneId, onChange: () => void): Look {
    const { glimpse, listeners } = this.#open.get(pane) ?? this.#create(pane);
    // An entry of its own, though two lookers may bring the same function.
    const listener = () => onChange();
    listeners.add(listener);
    return {
      glimpse,
      close: () => {
        if (!listeners.delete(listener) || listeners.size > 0) return;
        glimpse.close();
        this.#open.delete(pane);
      },
    };
  }

  #create(pane: PaneId) {
    const listeners = new Set<() => void>();
    const glimpse = new PaneGlimpse({
      source: this.#sourceOf(pane),
      onChange: () => {
        for (const listener of listeners) listener();
      },
      takeNumber: () => (this.#screens += 1),
    });
    const opened = { glimpse, listeners };
    this.#open.set(pane, opened);
    return opened;
  }
}
