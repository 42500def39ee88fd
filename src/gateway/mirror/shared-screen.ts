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
  /** Two observers with the same key must get the same object, so that they share the encoded bytes as well. */
  readonly composed: Pick<ComposedScreens, 'get' | 'set'>;
}

/** Whether both show the same; equal rows of successive screens are the same object. */
export function isSameScreen(one: Grid, other: Grid): boolean {
  return (
    one.cols === other.cols &&
    one.rows.length === other.rows.length &&
    one.cursor?.col === other.cursor?.col &&
    one.cursor?.row === other.cursor?.row &&
    one.cursor?.shape === other.cursor?.shape &&
    one.rows.every((row, index) => row === other.rows[index])
  );
}

/** Makes of the shared screen what one observer's terminal is to show. */
export interface Composer {
  compose(shared: SharedScreen): Grid;
}

/** What may be kept, in cells: some 32 MB, and the screens of 200 kinds of observers at 200x50. */
const MAX_CELLS = 2 * 1024 * 1024;

/** Screens composed of one moment, by what they were composed for. When there are too many, all are made again. */
export class ComposedScreens {
  readonly #grids = new Map<string, Grid>();
  #cells = 0;

  get(key: string): Grid | undefined {
    return this.#grids.get(key);
  }

  set(key: string, grid: Grid): void {
    const cells = grid.cols * grid.rows.length;
    if (this.#cells + cells > MAX_CELLS) this.#clear();
    this.#grids.set(key, grid);
    this.#cells += cells;
  }

  #clear(): void {
    this.#grids.clear();
    this.#cells = 0;
  }
}
