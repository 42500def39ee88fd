import type { SessionName } from '../../base/ids.js';
import type { Grid } from './grid.js';
import type { WindowLayout } from './mirror-source.js';

/** Who is there, for the line at the bottom. */
export interface Presence {
  /** Names of the engineers who may type, the one who typed last first. */
  readonly drivers: readonly string[];
  /** How many watch, everybody counted. */
  readonly watchers: number;
}

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
