import type { SessionName } from '../../base/ids.js';
import type { Presence } from '../../base/presence.js';
import type { WindowLayout } from '../../base/window-layout.js';
import type { Grid } from './grid.js';

/** What all observers of a session see at one moment. A new one is made on every change. */
export interface SharedScreen {
  readonly session: SessionName;
  readonly screen: Grid;
  readonly layout: WindowLayout;
  readonly presence: Presence;
  /**
   * Screens composed of this one, by what they were composed for; two observers with the same key
   * must get the same object, so that they share the encoded bytes as well.
   */
  readonly composed: {
    get(key: string): Grid | undefined;
    set(key: string, grid: Grid): void;
  };
}

/** Makes of the shared screen what one observer's terminal is to show. */
export interface Composer {
  compose(shared: SharedScreen): Grid;
}
