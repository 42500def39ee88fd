import type { Grid } from './grid.js';

/** What may be kept, in cells: some 32 MB, and the screens of 200 kinds of observers at 200x50. */
const MAX_CELLS = 2 * 1024 * 1024;

/** Screens composed of one moment, by what they were composed for. When there are too many, all are made again. */
export class ComposedScreens {
  readonly #grids = new Map<string, Grid>();
  #cells = 0;

  get(key: string): Grid | undefined {
    return this.#grids.get(key);
  }

  set(key: string, grid: Grid): void {
    const cells = grid.cols * grid.rows.length;
    if (this.#cells + cells > MAX_CELLS) this.#clear();
    this.#grids.set(key, grid);
    this.#cells += cells;
  }

  #clear(): void {
    this.#grids.clear();
    this.#cells = 0;
  }
}
