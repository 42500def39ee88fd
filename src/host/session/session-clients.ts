/** What `list-clients` is asked for a mirror. The name of the session is last: it may have spaces. */
export const CLIENT_FORMAT =
  '#{client_pid} #{client_name} #{client_flags} #{window_id} #{session_name}';

/** One client of a session's tmux server. */
export interface SessionClient {
  readonly pid: number;
  /** tmux's name for it: the path of its terminal. */
  readonly name: string;
  readonly isSuspended: boolean;
  /** The window it shows. */
  readonly windowId: string;
  readonly sessionName: string;
}

export function parseClient(row: string): SessionClient {
  const [pid, name = '', flags = '', windowId = '', ...words] = row.split(' ');
  return {
    ...{ pid: Number(pid), name, windowId, sessionName: words.join(' ') },
    isSuspended: flags.split(',').includes('suspended'),
  };
}
