import { isName, type PaneId, type PaneName, paneId, paneName } from '../../base/ids.js';

/** What the check asks of every pane of a session: ids and what is ours, no text that a pane chose. */
export const PANE_ROW_FORMAT =
  '#{pane_id} #{window_id} #{pane_dead} #{pane_pipe} #{pane_pid} #{window_layout} #{@triad_pane}';

export interface PaneRow {
  readonly id: PaneId;
  readonly windowId: string;
  /** Its keeper was killed; tmux keeps the pane. */
  readonly isDead: boolean;
  /** Whether its output goes into a command: our tap, or somebody's own. */
  readonly hasPipe: boolean;
  readonly keeperPid: number;
  /** Of its window, zoomed or not. */
  readonly layout: string;
  /** undefined for one that somebody opened. */
  readonly name: PaneName | undefined;
}

export function parsePaneRow(line: string): PaneRow {
  const [id = '', windowId = '', dead, pipe, pid, layout = '', ...words] = line.split(' ');
  const name = words.join(' ');
  return {
    ...{ id: paneId(id), windowId, isDead: dead === '1', hasPipe: pipe === '1' },
    ...{ keeperPid: Number(pid), layout, name: isName(name) ? paneName(name) : undefined },
  };
}
