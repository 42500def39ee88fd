/** Most lines in a page. */
export const MAX_PAGE_LINES = 3200;
/** How long a page should keep tmux busy, which serves nobody else meanwhile. */
const AIM_MS = 5;
/**
 * Bounds a page that costs more than was reckoned, as one with more colours does: a keystroke must
 * not wait for long.
 */
const MAX_CELLS = { plain: 500_000, styled: 120_000 } as const;
/** The cells of the first page, whose cost is not known yet. */
const FIRST_CELLS = 16_000;
const MIN_LINES = 32;
const MAX_GROWTH = 2;

export interface PageSizeOptions {
  readonly cols: number;
  /** Whether lines come with their colours and attributes, each of which takes its time. */
  readonly isStyled: boolean;
}

/**
 * How many lines the next page has: as many as should keep tmux busy for `AIM_MS`, reckoned from
 * the last page.
 */
export class PageSize {
  readonly #max: number;
  #lines: number;

  constructor({ cols, isStyled }: PageSizeOptions) {
    const cells = Math.max(1, cols);
    const most = Math.floor(MAX_CELLS[isStyled ? 'styled' : 'plain'] / cells);
    this.#max = Math.max(MIN_LINES, Math.min(MAX_PAGE_LINES, most));
    this.#lines = Math.max(MIN_LINES, Math.floor(FIRST_CELLS / cells));
  }

  get lines(): number {
    return this.#lines;
  }

  /** Learns how long a page of so many lines has kept tmux busy. */
  note(lines: number, costMs: number): void {
    const growth = Math.min(MAX_GROWTH, AIM_MS / Math.max(costMs, Number.EPSILON));
    const wanted = Math.min(this.#max, Math.floor(lines * growth));
    // A short page, as the last one is, says little of longer ones.
    if (growth < 1 || wanted > this.#lines) this.#lines = Math.max(MIN_LINES, wanted);
  }
}
