import type { Clock } from '../../base/clock.js';
import type { PaneName } from '../../base/ids.js';
import type { Logger } from '../../log/logger.js';
import type { PaneHealth, PaneHealthOptions } from '../health/pane-health.js';
import type { PanePlan } from '../plan/session-plan.js';
import type { SessionTaps } from '../tap/session-taps.js';
import type { LifeChange } from './pane-life.js';
import type { PaneMemory } from './schema.js';

/** What the panes of a session get from outside. */
export interface PaneSurroundings {
  readonly clock: Clock;
  /** From 0 up to 1. */
  readonly random: () => number;
  readonly log: Logger;
  readonly taps: SessionTaps;
  readonly watchHealth: (options: PaneHealthOptions) => PaneHealth;
}

/** What comes with a pane that is taken over. */
export interface Adoption {
  /** Of a manager before this one; what this one knows better is left as it is. */
  readonly memory?: PaneMemory | undefined;
  /** The mark of the program that was started last in it. */
  readonly programMark?: string;
  /** Shown in the pane where no command runs. */
  readonly note?: string | undefined;
}

export interface PaneOptions extends PaneSurroundings {
  readonly name: PaneName;
  /** undefined for a pane that was adopted but is not configured any more. */
  readonly plan: PanePlan | undefined;
  /** The whole environment that its command gets beside that of tmux. */
  readonly env: (plan: PanePlan) => Readonly<Record<string, string>>;
  /** What it waits for of others, for people; undefined when nothing. */
  readonly waitsFor: (plan: PanePlan) => string | undefined;
  /** What it is to remember changed; comes before what follows from the change is done. */
  readonly onRemember: (memory: PaneMemory) => void;
  /** Puts a change on record, before it is remembered; gives the number of the event. */
  readonly onChange: (change: LifeChange) => number;
  /** What a manager before this one knew of it is known now; comes before what follows from it. */
  readonly onRecalled: () => void;
  /** It asks something, or does so no more. */
  readonly onQuestion: () => void;
  /** The keeper is gone: somebody closed the pane, or killed the keeper. */
  readonly onKeeperLost: () => void;
}
