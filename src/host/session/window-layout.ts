import { isName, paneId, paneName } from '../../base/ids.js';
import { clampSize, type TerminalSize } from '../../base/terminal-size.js';
import {
  type LayoutPane,
  MAX_LAYOUT_PANES,
  type Region,
  type WindowLayout,
} from '../../base/window-layout.js';

/** What `list-panes -s` is asked for a mirror; the rows of all windows of a session. */
export const PANE_FORMAT = [
  ...['#{window_id}', '#{window_active}', '#{window_width}', '#{window_height}'],
  ...['#{window_zoomed_flag}', '#{window_activity}', '#{pane_id}', '#{pane_active}'],
  ...['#{pane_left}', '#{pane_top}', '#{pane_width}', '#{pane_height}', '#{@triad_pane}'],
].join(' ');

/** What the drivers look at. */
export interface ShownWindow {
  /** tmux's id, such as `@3`. */
  readonly id: string;
  /** When a program last wrote to it, in epoch seconds. */
  readonly activeAt: number;
  readonly layout: WindowLayout;
}

/** undefined when the session has no current window, which it always has. */
export function parseShownWindow(rows: readonly string[]): ShownWindow | undefined {
  const panes = rows.slice(0, MAX_LAYOUT_PANES).map(parseRow);
  const shown = panes.find(({ isShown }) => isShown);
  if (shown === undefined) return undefined;
  const { windowId: id, activeAt, size, isZoomed } = shown;
  const layout = { size, isZoomed, panes: panes.map((pane) => layoutPane(pane, shown)) };
  return { id, activeAt, layout };
}

type PaneRow = ReturnType<typeof parseRow>;

function parseRow(row: string) {
  const [windowId = '', ...words] = row.split(' ');
  const [active, cols, rows, zoomed, activeAt] = words.slice(0, 5).map(Number);
  const [id = '', ...rest] = words.slice(5);
  const [paneActive, left = 0, top = 0, width = 0, height = 0] = rest.slice(0, 5).map(Number);
  return {
    ...{ windowId, id: paneId(id), name: rest[5] ?? '', activeAt: activeAt ?? 0 },
    ...{ isShown: active === 1, isZoomed: zoomed === 1, isActiveInWindow: paneActive === 1 },
    size: clampSize(cols ?? 0, rows ?? 0),
    region: { col: left, row: top, cols: width, rows: height },
  };
}

function layoutPane(pane: PaneRow, shown: PaneRow): LayoutPane {
  const isActive = pane.isShown && pane.isActiveInWindow;
  const isVisible = shown.isZoomed ? isActive : pane.isShown;
  return {
    id: pane.id,
    name: isName(pane.name) ? paneName(pane.name) : null,
    isActive,
    region: isVisible ? within(pane.region, shown.size) : null,
  };
}

/** What of it a mirror can show of a window that is larger than any terminal. */
function within({ col, row, cols, rows }: Region, size: TerminalSize): Region | null {
  if (col >= size.cols || row >= size.rows) return null;
  return {
    ...{ col, row },
    cols: Math.min(cols, size.cols - col),
    rows: Math.min(rows, size.rows - row),
  };
}
