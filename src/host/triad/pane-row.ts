import type { Row } from '../tmux/rows.js';

/** What the check asks of every pane of a session: ids and what is ours, no text that a pane chose. */
export const PANE_ROW = {
  id: 'pane_id',
  windowId: 'window_id',
  /** Its keeper was killed; tmux keeps the pane. */
  isDead: 'pane_dead',
  /** Whether its output goes into a command: our tap, or somebody's own. */
  hasPipe: 'pane_pipe',
  keeperPid: 'pane_pid',
  /** Of its window, zoomed or not. */
  layout: 'window_layout',
  /** undefined for one that somebody opened. */
  name: '@triad_pane',
} as const;

export type PaneRow = Row<typeof PANE_ROW>;
