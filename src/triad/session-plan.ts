import type { PaneName, SessionName } from '../base/ids.js';
import type { Layout } from './schema.js';

/** What runs in a pane. */
export interface PaneProgram {
  readonly title: string;
  readonly argv: readonly string[];
  /** Absolute. */
  readonly cwd: string;
  /** Added to the environment of the tmux server. */
  readonly env: Readonly<Record<string, string>>;
}

export interface PanePlan {
  readonly name: PaneName;
  readonly hasFocus: boolean;
  readonly program: PaneProgram;
}

/** What a session is to be: `config/triad.yaml` with every path and variable filled in. */
export interface SessionPlan {
  readonly name: SessionName;
  readonly layout: Layout;
  readonly panes: readonly PanePlan[];
}
