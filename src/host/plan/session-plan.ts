/**
 * Owns what `triad.yaml` asks for: its schema, the plan of each session, dependencies, start order and layout.
 * Promises that a plan is whole: every path absolute, every variable filled in, no dependency without its pane.
 * It must never ask what runs, nor start anything.
 */

import type { PaneName, SessionName } from '../../base/ids.js';
import type { HealthPlan } from '../health/health-plan.js';
import type { RulesPlan } from '../rules/rule-plan.js';
import type { LogFilePlan } from '../tap/schema.js';
import type { Dependency } from './dependency.js';
import type { Layout, PaneConfig, SizePolicy } from './schema.js';

/** What runs in a pane. */
export interface PaneProgram {
  readonly title: string;
  readonly argv: readonly string[];
  /** The absolute path of the working directory. */
  readonly cwd: string;
  /** The variables that are added to the environment of the tmux server. */
  readonly env: Readonly<Record<string, string>>;
}

/** When a command that ended is started again, and how it is ended. */
export interface PanePolicy
  extends Readonly<Pick<PaneConfig, 'restart' | 'backoff' | 'crashLimit' | 'stop'>> {
  /** After the command has been well for this long, crashes and pauses count anew. */
  readonly resetAfterMs: number;
}

export interface PanePlan {
  readonly name: PaneName;
  readonly hasFocus: boolean;
  readonly program: PaneProgram;
  readonly policy: PanePolicy;
  /** The conditions to be met before the command is started. */
  readonly dependsOn: readonly Dependency[];
  readonly health: HealthPlan;
  readonly logFile: LogFilePlan | undefined;
  /** How many bytes of its output are kept in memory, for `logs` and other readers. */
  readonly keptBytes: number;
  /** Lines of scrollback; undefined: as `tmux.conf` says. */
  readonly historyLines: number | undefined;
  /** The panes that its command may reach through the pane door; undefined for all of the session. */
  readonly mayReach: readonly PaneName[] | undefined;
}

/** What a session is to be: `config/triad.yaml` with every path and variable filled in. */
export interface SessionPlan {
  readonly name: SessionName;
  readonly layout: Layout;
  readonly size: SizePolicy;
  readonly panes: readonly PanePlan[];
  readonly rules: RulesPlan;
}
