import type { Clock } from '../../base/clock.js';
import type { PaneName } from '../../base/ids.js';
import type { Logger } from '../../log/logger.js';
import type { PaneHealth, PaneHealthOptions } from '../health/pane-health.js';
import type { PanePlan } from '../plan/session-plan.js';
import type { SessionTaps } from '../tap/session-taps.js';
import type { LifeChange } from './pane-life.js';
import type { PaneMemory } from './schema.js';

/** What all panes of a session share. */
export interface PaneSurroundings {
  readonly clock: Clock;
  /** A random number from 0 up to 1. */
  readonly random: () => number;
  readonly log: Logger;
  readonly taps: SessionTaps;
  readonly watchHealth: (options: PaneHealthOptions) => PaneHealth;
}

/** What is known of a pane that is taken over. */
export interface Adoption {
  /** The memory of the manager before this one; ignored where this one has had a keeper in the pane. */
  readonly memory?: PaneMemory | undefined;
  /** The mark of the program that was started last in it. */
  readonly programMark?: string;
  /** The line that is shown in the pane where no command runs. */
  readonly note?: string | undefined;
}

export interface PaneOptions extends PaneSurroundings {
  readonly name: PaneName;
  /** undefined for a pane that was adopted but is not configured any more. */
  readonly plan: PanePlan | undefined;
  /** The variables that its command gets in addition to tmux's environment. */
  readonly env: (plan: PanePlan) => Readonly<Record<string, string>>;
  /** What it waits for of other panes, in words for people; undefined when nothing. */
  readonly waitsFor: (plan: PanePlan) => string | undefined;
  /** Called when its memory changed, before anything else follows from the change. */
  readonly onRemember: (memory: PaneMemory) => void;
  /** Puts a change on record before it is remembered, and returns the number of the event. */
  readonly onChange: (change: LifeChange) => number;
  /** Called when it got the memory of an earlier manager, before anything follows from that. */
  readonly onRecalled: () => void;
  /** Called when it asks something, or does so no more. */
  readonly onQuestion: () => void;
  /** Called when the keeper is gone: somebody closed the pane, or killed the keeper. */
  readonly onKeeperLost: () => void;
}
