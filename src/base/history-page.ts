import type { TerminalSize } from './terminal-size.js';

/** Lines count from the top of what the pane shows now: 0 is its first, -1 the last that scrolled off. */
export interface HistoryRequest {
  readonly firstLine: number;
  /** 1 to `MAX_HISTORY_LINES`. */
  readonly count: number;
}

/** A capture blocks the whole tmux server while it runs. */
export const MAX_HISTORY_LINES = 500;

export interface HistoryPage {
  /** Of `lines`, which may start later than asked for: there are no older ones. */
  readonly firstLine: number;
  /**
   * Each complete in itself: SGR sequences are the only control characters, and none lasts beyond its
   * line. Without the blanks at their ends, and each as wide as the pane at most.
   */
  readonly lines: readonly string[];
  /** How many lines have scrolled off and are kept. */
  readonly historySize: number;
  /** Of the pane, when the page was taken. */
  readonly size: TerminalSize;
}
