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
  const listing = await server.run(['list-clients', '-F', '#{client_pid} #{client_flags}']);
  for (const row of listing.toString().split('\n')) {
    const [pid = '', list = ''] = row.split(' ');
    const flags = list.split(',');
    if (FLAGS.every((flag) => flags.includes(flag))) kill(Number(pid));
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
