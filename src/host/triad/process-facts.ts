import { constants } from 'node:os';
import { UnavailableError } from '../../base/errors.js';
import { readProcess, signalProcess } from '../../base/process-scan.js';

/**
 * Asks a keeper to make its socket again where that was deleted.
 *
 * @returns false where it is gone, or of an earlier Triad, whose keepers the signal would end.
 */
export function askToListen(keeperPid: number): boolean {
  return isHeld(keeperPid, 'SIGUSR1') && signalProcess(keeperPid, 'SIGUSR1');
}

/** Whether a process blocks a signal, as one does that reads it from a descriptor (proc(5), `SigBlk`). */
function isHeld(pid: number, signal: NodeJS.Signals): boolean {
  try {
    const [, mask = ''] = /^SigBlk:\s*(\w+)/m.exec(readProcess(pid, 'status')) ?? [];
    return ((BigInt(`0x${mask}`) >> BigInt(constants.signals[signal] - 1)) & 1n) === 1n;
  } catch (error) {
    if (error instanceof UnavailableError) throw error;
    return false;
  }
}
