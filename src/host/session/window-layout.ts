import { clampSize, type TerminalSize } from '../../base/terminal-size.js';
import {
  type LayoutPane,
  MAX_LAYOUT_PANES,
  type Region,
  type WindowLayout,
} from '../../base/window-layout.js';
import type { Row } from '../tmux/rows.js';

/** The fields that a mirror asks of each pane of a session. */
export const LAYOUT_PANE = {
  windowId: 'window_id',
  isShown: 'window_active',
  windowCols: 'window_width',
  windowRows: 'window_height',
  isZoomed: 'window_zoomed_flag',
  activeAt: 'window_activity',
  id: 'pane_id',
  isActiveInWindow: 'pane_active',
  col: 'pane_left',
  row: 'pane_top',
  cols: 'pane_width',
  rows: 'pane_height',
  name: '@triad_pane',
} as const;

type PaneRow = Row<typeof LAYOUT_PANE>;

/** The window that the drivers look at. */
export interface ShownWindow {
  /** The window's id in tmux, such as `@3`. */
  readonly id: string;
  /** When a program last wrote to the window, in epoch seconds. */
  readonly activeAt: number;
  readonly layout: WindowLayout;
}

/** Finds the session's current window; undefined when there is none, which tmux never answers. */
export function shownWindow(all: readonly PaneRow[]): ShownWindow | undefined {
  const panes = all.slice(0, MAX_LAYOUT_PANES);
  const shown = panes.find(({ isShown }) => isShown);
  if (shown === undefined) return undefined;
  const { windowId: id, activeAt, isZoomed } = shown;
  const size = clampSize(shown.windowCols, shown.windowRows);
  const layout = { size, isZoomed, panes: panes.map((pane) => layoutPane(pane, shown, size)) };
  return { id, activeAt, layout };
}

function layoutPane(pane: PaneRow, shown: PaneRow, size: TerminalSize): LayoutPane {
  const isActive = pane.isShown && pane.isActiveInWindow;
  const isVisible = shown.isZoomed ? isActive : pane.isShown;
  return {
    id: pane.id,
    name: pane.name ?? null,
    isActive,
    region: isVisible ? within(pane, size) : null,
  };
}

/** The part of a pane's region that a mirror can show, where the window is larger than any terminal. */
function within({ col, row, cols, rows }: Region, size: TerminalSize): Region | null {
  if (col >= size.cols || row >= size.rows) return null;
  return {
    ...{ col, row },
    cols: Math.min(cols, size.cols - col),
    rows: Math.min(rows, size.rows - row),
  };
}
