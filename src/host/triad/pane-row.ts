import type { Row } from '../tmux/rows.js';

/** The fields that the check asks of each pane: ids and options of ours, no text that a program chose. */
export const PANE_ROW = {
  id: 'pane_id',
  windowId: 'window_id',
  /** Whether the keeper was killed and tmux keeps the pane (tmux(1) remain-on-exit). */
  isDead: 'pane_dead',
  /** Whether its output is piped into a command: our tap, or another one. */
  hasPipe: 'pane_pipe',
  keeperPid: 'pane_pid',
  /** The layout of its window, the same whether a pane is zoomed or not. */
  layout: 'window_layout',
  /** Its configured name; undefined for a pane that somebody opened. */
  name: '@triad_pane',
  /** The number of its window, as people see it. */
  windowIndex: 'window_index',
} as const;

export type PaneRow = Row<typeof PANE_ROW>;
