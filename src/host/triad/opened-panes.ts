import { MAX_NAMED_OPENED, type OpenedPanes } from '../../base/pane.js';
import { isLiving, processFacts } from '../../base/process-scan.js';
import { commandOf } from './descendants.js';
import type { PaneRow } from './pane-row.js';
import { isKeeper } from './runs.js';

/** Names the panes that people have opened, in tmux's order. */
export function describeOpened(rows: readonly PaneRow[]): OpenedPanes {
  // A pane of ours has no name yet in the moment after it was made, but runs a keeper.
  const opened = rows.filter(({ name, keeperPid }) => name === undefined && !isKeeper(keeperPid));
  const panes = opened.slice(0, MAX_NAMED_OPENED).map(({ id, windowIndex, keeperPid, isDead }) => ({
    ...{ id, window: windowIndex },
    command: isDead ? null : foregroundOf(keeperPid),
  }));
  return { count: opened.length, panes };
}

/** What a shell runs at the moment, or the process of the pane itself. */
function foregroundOf(pid: number): string | null {
  const shell = processFacts(pid);
  if (!isLiving(shell)) return null;
  return commandOf(processFacts(shell.foreground) ?? shell);
}
