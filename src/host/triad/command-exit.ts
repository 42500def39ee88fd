import { signalName } from '../../base/child-process.js';
import type { PaneName } from '../../base/ids.js';
import type { PaneExit, PaneState } from '../../base/pane.js';
import type { KeeperState } from '../keeper/schema.js';

/** How the last run that is over ended, with the signal by its name; null before that. */
export function exitOf(state: KeeperState | undefined): PaneExit | null {
  const exit = state?.exit;
  if (exit === undefined || exit === null) return null;
  return exit.signal === 0
    ? { status: exit.status, signal: null, at: exit.at }
    : { status: null, signal: signalName(exit.signal), at: exit.at };
}

/** `exited with status 3`, `was ended by SIGKILL`, `command not found`. */
export function describeExit({ status, signal }: PaneExit): string {
  if (signal !== null) return `was ended by ${signal}`;
  if (status === null) return 'has ended, nobody knows how';
  if (status === 127) return 'command not found, or its directory (status 127)';
  if (status === 126) return 'command cannot be run (status 126)';
  return `exited with status ${status}`;
}

/** Whether the program was not found or could not be run, by the shell's status (sh(1p), EXIT STATUS). */
export function isUnrunnable({ status }: PaneExit): boolean {
  return status === 126 || status === 127;
}

/** The line below the end of a command that will be started again by itself. */
export function endNote(pauseMs: number): string {
  return `triad: starts again in ${(pauseMs / 1000).toFixed(pauseMs < 10_000 ? 1 : 0)} s`;
}

/** The line in a pane where nothing happens by itself any more; undefined in other states. */
export function stayNote(name: PaneName, state: PaneState, reason: string): string | undefined {
  const next = `to start it: triad start ${name}`;
  if (state === 'waiting') return `triad: ${reason}`;
  if (state === 'failed') return `triad: ${name} has failed: ${reason}; ${next}`;
  if (state === 'exited') return `triad: ${reason}; ${next}`;
  return state === 'stopped' ? `triad: stopped; ${next}` : undefined;
}
