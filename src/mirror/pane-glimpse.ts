import type { Grid } from './grid.js';
import type { LineSource } from './history-reader.js';

const EVERY_MS = 1000;
const MAX_LINES = 500;

/**
 * What a pane shows that is not on the shared screen, read once a second at most. It begins at
 * once; `close` ends it.
 */
export class PaneGlimpse {
  readonly #source: LineSource;
  readonly #onChange: () => void;
  #screen: Grid | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(source: LineSource, onChange: () => void) {
    this.#source = source;
    this.#onChange = onChange;
    void this.#look();
  }

  /** The newest; none before the first answer. */
  get screen(): Grid | undefined {
    return this.#screen;
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }

  async #look(): Promise<void> {
    try {
      const page = await this.#source.history({ firstLine: 0, count: MAX_LINES });
      const rows = await this.#source.rowsOf(page.lines, page.size.cols);
      this.#screen = { cols: page.size.cols, rows, cursor: null };
    } catch {
      // The next look may succeed; what was seen last stays.
    }
    if (this.#isClosed) return;
    this.#timer = setTimeout(() => void this.#look(), EVERY_MS);
    this.#timer.unref();
    this.#onChange();
  }
}
