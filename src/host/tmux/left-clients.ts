import { systemCode } from '../../base/errors.js';
import type { TmuxServer } from './tmux-server.js';

/** What tells a `ControlConnection` from a person's control client (tmux(1), client_flags). */
const FLAGS = ['control-mode', 'ignore-size', 'no-output'];

/**
 * Ends the control clients that a killed manager has left on a server. tmux waits for ever to hand
 * them their last output, and the server does not end before that (seen in 3.3a).
 *
 * Only for whoever manages the server alone.
 *
 * @throws TmuxError with tmux's words.
 */
export async function endLeftClients(server: TmuxServer): Promise<void> {
  const clients = await server.rows('list-clients', { pid: 'client_pid', flags: 'client_flags' });
  for (const { pid, flags } of clients) {
    if (FLAGS.every((flag) => flags.includes(flag))) kill(pid);
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    // It has ended a moment ago.
    if (systemCode(error) !== 'ESRCH') throw error;
  }
}
