import { pane, paneId, terminalSize, type ValueOf, z } from './schema.js';
import { MAX_CELLS } from './terminal-size.js';

export const MAX_LAYOUT_PANES = 1000;

/** Counts from 0, also for sizes: a pane may be squeezed to nothing. */
const offset = z.int().min(0).max(MAX_CELLS);
/** A part of the window, in cells from its top left corner, 0,0. */
const region = z.strictObject({ col: offset, row: offset, cols: offset, rows: offset });

export type Region = ValueOf<typeof region>;

const layoutPane = z.strictObject({
  id: paneId,
  /** The configured name; null for a pane that somebody opened. */
  name: pane.nullable(),
  /** Whether the drivers type into this pane now. */
  isActive: z.boolean(),
  /**
   * The part of the shown window that the pane has; null in another window or behind a zoomed pane.
   */
  region: region.nullable(),
});

export type LayoutPane = ValueOf<typeof layoutPane>;

/** The window that the drivers look at, and the panes of the whole session. */
export const windowLayoutSchema = z.strictObject({
  /** The exact size of the window, and of the mirror's terminal. */
  size: terminalSize,
  isZoomed: z.boolean(),
  /** The panes in the order in which people count them: window by window, as tmux numbers them. */
  panes: z.array(layoutPane).max(MAX_LAYOUT_PANES),
});

export type WindowLayout = ValueOf<typeof windowLayoutSchema>;
