import type { PaneName } from '../../base/ids.js';
import type { PaneTelemetry } from '../../base/pane.js';
import type { LogFilePlan } from './log-file-plan.js';
import type { PaneOutput, PastOutput } from './pane-output.js';

/** The taps of a session's panes. */
export interface Taps {
  /** The output of a pane; the same object for as long as the taps are open. */
  output(pane: PaneName): PaneOutput;
  /** What stood in the pane before its tap, or undefined once it is of no run that lasts. */
  recall(pane: PaneName, past: PastOutput | undefined): void;
  /**
   * The shell command that tmux is to pipe the pane's output into (`pipe-pane`). A later one takes the
   * place of the one before.
   */
  pipeCommand(pane: PaneName, tty: string): string;
  /** The pane had no tap for a while: its next one tells since when. */
  missing(pane: PaneName): void;
  /** Resolves when the taps that an earlier host left in these panes are here, or do not come. */
  reconnected(panes: readonly PaneName[]): Promise<void>;
  /** Whether a tap of the pane is connected now. */
  isTapped(pane: PaneName): boolean;
  /** Whose tap a process is that was started with these words; undefined for none of ours. */
  findTapped(words: readonly string[]): PaneName | undefined;
  /** @param pid of the pane's command; null while none runs. */
  telemetry(pane: PaneName, pid: number | null): PaneTelemetry;
  /** What is wrong with the pane's log file, for people; undefined when nothing is. */
  problem(pane: PaneName): string | undefined;
  /** From now on the pane's output goes into this file, or none. */
  setLogFile(pane: PaneName, plan: LogFilePlan | undefined): void;
  /** Lets go of every tap, which waits for the next host, and closes the files. Idempotent. */
  close(): Promise<void>;
}
