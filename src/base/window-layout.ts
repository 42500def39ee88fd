import type { PaneId, PaneName } from './ids.js';
import type { TerminalSize } from './terminal-size.js';

/** The window that the drivers look at, and the panes of the whole session. */
export interface WindowLayout {
  /** The exact size of the window, and of the mirror's terminal. */
  readonly size: TerminalSize;
  readonly isZoomed: boolean;
  /** As people count them: window by window, as tmux numbers them. At most `MAX_LAYOUT_PANES`. */
  readonly panes: readonly LayoutPane[];
}

export const MAX_LAYOUT_PANES = 1000;

export interface LayoutPane {
  readonly id: PaneId;
  /** As configured; null for one that somebody opened. */
  readonly name: PaneName | null;
  /** Whether it is where a driver types now. */
  readonly isActive: boolean;
  /** Its part of the window that is shown; null in another window or behind a zoomed pane. */
  readonly region: Region | null;
}

/** In cells from the top left corner of the window, 0,0. */
export interface Region extends TerminalSize {
  readonly col: number;
  readonly row: number;
}
