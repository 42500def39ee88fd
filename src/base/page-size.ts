/** No page has more lines. */
export const MAX_PAGE_LINES = 3200;
/** What a page takes of tmux, during which nobody else is served. */
const AIM_MS = 5;
/** A page that costs more than was reckoned must not keep a keystroke for long: more cells may have colours each. */
const MAX_CELLS = { plain: 500_000, styled: 120_000 } as const;
/** Of the first page, of which nothing is known yet. */
const FIRST_CELLS = 16_000;
const MIN_LINES = 32;
const MAX_GROWTH = 2;

export interface PageSizeOptions {
  readonly cols: number;
  /** Whether lines come with their colours and attributes, each of which takes its time. */
  readonly isStyled: boolean;
}

/** How many lines the next page has: as many as cost tmux so long as is aimed at, reckoned from the last one. */
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

  /** So many lines took so long. */
  note(lines: number, costMs: number): void {
    const growth = Math.min(MAX_GROWTH, AIM_MS / Math.max(costMs, Number.EPSILON));
    const wanted = Math.min(this.#max, Math.floor(lines * growth));
    // A short page, as the last one is, says little of longer ones.
    if (growth < 1 || wanted > this.#lines) this.#lines = Math.max(MIN_LINES, wanted);
  }
}
