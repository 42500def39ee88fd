import type { TmuxServer } from '../../src/host/tmux/tmux-server.js';

/**
 * Types a line into a pane, whoever is attached: from 3.7 on `send-keys` counts as typed by the client that was active
 * last, and is refused where that is read-only, as a mirror's is.
 */
export async function typeLine(server: TmuxServer, pane: string, text = ''): Promise<void> {
  const paste = ['paste-buffer', '-d', '-b', 'typed', '-t', pane];
  await server.run(['set-buffer', '-b', 'typed', '--', `${text}\n`, ';', ...paste]);
}
