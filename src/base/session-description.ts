import type { SessionName } from './ids.js';
import type { PaneDescription } from './pane.js';

/**
 * `starting`: it is being made, or made again after it was lost; whoever was in it gets it back.
 * `ended`: for good, by `endSession`.
 */
export type SessionState = 'starting' | 'running' | 'ended';

export interface SessionDescription {
  readonly name: SessionName;
  readonly state: SessionState;
  /** For people: the path of the tmux socket on the host. */
  readonly socket: string;
  readonly tmuxVersion: string;
  /** Whether the session was found running at the start instead of being created. */
  readonly adopted: boolean;
  /** What is wrong beside its panes, each with what to do. */
  readonly problems: readonly string[];
  readonly panes: readonly PaneDescription[];
}
