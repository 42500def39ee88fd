import type { PaneId } from '../../base/ids.js';
import type { Grid } from '../mirror/grid.js';
import type { PageSource } from './history-reader.js';

const EVERY_MS = 1000;
const MAX_LINES = 500;

interface PanePollOptions {
  readonly source: PageSource;
  readonly onChange: () => void;
  /** Gives a number that no other screen has. */
  readonly takeNumber: () => number;
}

/**
 * What a pane shows that is not on the shared screen, asked for once a second at most. It begins at
 * once; `close` ends it.
 */
class PanePoll {
  readonly #options: PanePollOptions;
  #screen: Grid | undefined;
  #timer: NodeJS.Timeout | undefined;
  #number = 0;
  #isClosed = false;

  constructor(options: PanePollOptions) {
    this.#options = options;
    void this.#ask();
  }

  /** The newest screen; none before the first answer. */
  get screen(): Grid | undefined {
    return this.#screen;
  }

  /** A number that no other screen of its session has; 0 before the first. */
  get number(): number {
    return this.#number;
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }

  async #ask(): Promise<void> {
    const { source, onChange } = this.#options;
    try {
      const page = await source.history({ firstLine: 0, count: MAX_LINES });
      const rows = await source.rowsOf(page.lines, page.size.cols);
      this.#screen = { cols: page.size.cols, rows, cursor: null };
      this.#number = this.#options.takeNumber();
    } catch {
      // The next one may succeed; what was seen last stays.
    }
    if (this.#isClosed) return;
    this.#timer = setTimeout(() => void this.#ask(), EVERY_MS);
    this.#timer.unref();
    onChange();
  }
}

/** One observer's part in the poll of a pane. */
export interface PollSubscription {
  readonly poll: PanePoll;
  /** Idempotent. */
  close(): void;
}

/** The panes of a session that somebody watches apart from the shared screen: each is polled once for all who do. */
export class PanePolls {
  readonly #sourceOf: (pane: PaneId) => PageSource;
  #screens = 0;
  readonly #open = new Map<PaneId, { poll: PanePoll; listeners: Set<() => void> }>();

  constructor(sourceOf: (pane: PaneId) => PageSource) {
    this.#sourceOf = sourceOf;
  }

  subscribe(pane: PaneId, onChange: () => void): PollSubscription {
    const { poll, listeners } = this.#open.get(pane) ?? this.#create(pane);
    // An entry of its own, though two subscribers may bring the same function.
    const listener = () => onChange();
    listeners.add(listener);
    return {
      poll,
      close: () => {
        if (!listeners.delete(listener) || listeners.size > 0) return;
        poll.close();
        this.#open.delete(pane);
      },
    };
  }

  #create(pane: PaneId) {
    const listeners = new Set<() => void>();
    const poll = new PanePoll({
      source: this.#sourceOf(pane),
      onChange: () => {
        for (const listener of listeners) listener();
      },
      takeNumber: () => (this.#screens += 1),
    });
    const opened = { poll, listeners };
    this.#open.set(pane, opened);
    return opened;
  }
}
