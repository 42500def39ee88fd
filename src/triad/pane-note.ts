import type { PaneName } from '../base/ids.js';
import type { PaneState } from '../link/host-link.js';

/** What stands in a pane below how its command ended, when it is started again by itself. */
export function endNote(pauseMs: number): string {
  return `triad: starts again in ${(pauseMs / 1000).toFixed(pauseMs < 10_000 ? 1 : 0)} s`;
}

/** What stands in a pane where nothing happens by itself any more; undefined in other states. */
export function stayNote(name: PaneName, state: PaneState, reason: string): string | undefined {
  const next = `to start it: triad start ${name}`;
  switch (state) {
    case 'waiting':
      return `triad: ${reason}`;
    case 'failed':
      return `triad: ${name} has failed: ${reason}; ${next}`;
    case 'exited':
      return `triad: ${reason}; ${next}`;
    case 'stopped':
      return `triad: stopped; ${next}`;
    default:
      return undefined;
  }
}
