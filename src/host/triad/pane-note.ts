import type { PaneName } from '../../base/ids.js';
import type { PaneState } from '../../base/pane.js';

/** What stands in a pane below how its command ended, when it is started again by itself. */
export function endNote(pauseMs: number): string {
  return `triad: starts again in ${(pauseMs / 1000).toFixed(pauseMs < 10_000 ? 1 : 0)} s`;
}

/** What stands in a pane where nothing happens by itself any more; undefined in other states. */
export function stayNote(name: PaneName, state: PaneState, reason: string): string | undefined {
  const next = `to start it: triad start ${name}`;
  if (state === 'waiting') return `triad: ${reason}`;
  if (state === 'failed') return `triad: ${name} has failed: ${reason}; ${next}`;
  if (state === 'exited') return `triad: ${reason}; ${next}`;
  return state === 'stopped' ? `triad: stopped; ${next}` : undefined;
}
