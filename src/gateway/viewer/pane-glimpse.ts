import type { Grid } from '../mirror/grid.js';
import type { LineSource } from './history-reader.js';

const EVERY_MS = 1000;
const MAX_LINES = 500;

export interface PaneGlimpseOptions {
  readonly source: LineSource;
  readonly onChange: () => void;
  /** Gives a number that no other screen has. */
  readonly takeNumber: () => number;
}

/**
 * What a pane shows that is not on the shared screen, read once a second at most. It begins at
 * once; `close` ends it.
 */
export class PaneGlimpse {
  readonly #options: PaneGlimpseOptions;
  #screen: Grid | undefined;
  #timer: NodeJS.Timeout | undefined;
  #number = 0;
  #isClosed = false;

  constructor(options: PaneGlimpseOptions) {
    this.#options = options;
    void this.#look();
  }

  /** The newest; none before the first answer. */
  get screen(): Grid | undefined {
    return this.#screen;
  }

  /** Of the newest screen, and of no other one of its session; 0 before the first. */
  get number(): number {
    return this.#number;
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }

  async #look(): Promise<void> {
    const { source, onChange } = this.#options;
    try {
      const page = await source.history({ firstLine: 0, count: MAX_LINES });
      const rows = await source.rowsOf(page.lines, page.size.cols);
      this.#screen = { cols: page.size.cols, rows, cursor: null };
      this.#number = this.#options.takeNumber();
    } catch {
      // The next look may succeed; what was seen last stays.
    }
    if (this.#isClosed) return;
    this.#timer = setTimeout(() => void this.#look(), EVERY_MS);
    this.#timer.unref();
    onChange();
  }
}
