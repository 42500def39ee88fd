import type { PaneName } from './ids.js';
import type { PaneDescription, PaneExit } from './pane.js';
import type { SessionDescription } from './session-description.js';

/** A pane that needs somebody, or with null the session itself, and why in a word or two. */
export interface Attention {
  readonly pane: PaneName | null;
  readonly why: string;
}

const CLOSED = 'closed';

/**
 * What of a session needs somebody. This is decided here alone: the status line, the pane borders,
 * `triad status` and `triad down` say the same.
 */
export function attentionIn({
  state,
  panes,
}: Pick<SessionDescription, 'state' | 'panes'>): Attention[] {
  const isRunning = state === 'running';
  const ofPanes = panes.flatMap((pane) => {
    const why = attentionOf(pane);
    // A session that is being made again has no panes yet.
    return why === undefined || (why === CLOSED && !isRunning) ? [] : [{ pane: pane.name, why }];
  });
  return isRunning ? ofPanes : [{ pane: null, why: state }, ...ofPanes];
}

/** Why one pane needs somebody; undefined where it does not. */
export function attentionOf(pane: PaneDescription): string | undefined {
  const { id, state, question, lastExit, problems } = pane;
  const isBroken = problems.length > 0;
  if (id === null && !isBroken) return CLOSED;
  if (question !== null) return 'needs input';
  if (state === 'failed' || state === 'unhealthy' || state === 'backoff') return state;
  if (state === 'exited' && !isCleanExit(lastExit)) return state;
  return isBroken ? 'has a problem' : undefined;
}

/** Whether a command ended by itself and well; not where nobody knows how it ended. */
export function isCleanExit(exit: PaneExit | null): boolean {
  return exit?.status === 0;
}
