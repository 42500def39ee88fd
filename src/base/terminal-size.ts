/** The size of a terminal, in character cells. */
export interface TerminalSize {
  readonly cols: number;
  readonly rows: number;
}

/** The size for a client that states none, as `ssh -tt` from a script does. */
const DEFAULT_SIZE: TerminalSize = { cols: 80, rows: 24 };

/** tmux and node-pty wrap or fail far beyond any real terminal; below 1 they throw. */
export const MAX_CELLS = 1000;

/** The smallest size at which a layout of several panes can be drawn. */
export const SMALLEST_WINDOW: TerminalSize = { cols: 20, rows: 5 };

/** A size that is safe to hand to a pty: 1 to 1000 each way, the default where nothing was said. */
export function clampSize(cols: number, rows: number): TerminalSize {
  return { cols: clamp(cols, DEFAULT_SIZE.cols), rows: clamp(rows, DEFAULT_SIZE.rows) };
}

function clamp(cells: number, fallback: number): number {
  if (!Number.isFinite(cells) || cells < 1) return fallback;
  return Math.min(Math.trunc(cells), MAX_CELLS);
}
