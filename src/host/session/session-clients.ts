import type { Row } from '../tmux/rows.js';

/** What a mirror asks of each client of a session's tmux server. */
export const CLIENT = {
  pid: 'client_pid',
  /** tmux's name for it: the path of its terminal. */
  name: 'client_name',
  flags: 'client_flags',
  /** The window it shows. */
  windowId: 'window_id',
  sessionName: 'session_name',
} as const;

export type SessionClient = Row<typeof CLIENT>;
