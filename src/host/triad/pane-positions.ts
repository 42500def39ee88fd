import type { PaneId, PaneName } from '../../base/ids.js';
import type { PaneRow } from './pane-row.js';

/** The layout of a window when all our panes in it were there. */
export interface KnownWindow {
  readonly windowId: string;
  /** tmux's layout string, which `select-layout` gives to panes in the order of their window. */
  readonly layout: string;
  /** The panes in the order of the layout. */
  readonly ids: readonly PaneId[];
}

/** Remembers each window's layout, so that a pane that somebody closed can come back where it was. */
export class PanePositions {
  #windows: readonly KnownWindow[] = [];
  /** The id of each of our panes when it was seen last. */
  readonly #ours = new Map<PaneName, PaneId>();
  #isHeld = false;

  /** Remembers the windows as they are now, except those in which a pane of ours is missing. */
  update(rows: readonly PaneRow[]): void {
    if (this.#isHeld) return;
    for (const { name, id } of rows) if (name !== undefined) this.#ours.set(name, id);
    const there = new Set(rows.map(({ id }) => id));
    const missing = new Set([...this.#ours.values()].filter((id) => !there.has(id)));
    const isBroken = ({ ids }: KnownWindow) => ids.some((id) => missing.has(id));
    const broken = this.#windows.filter(isBroken);
    const whole = windowsOf(rows).filter(
      ({ windowId }) => !broken.some((window) => window.windowId === windowId),
    );
    this.#windows = [...broken, ...whole];
  }

  /** Remembers nothing until `work` has made a pane: the layouts in between are not anybody's. */
  async hold<T>(work: () => Promise<T>): Promise<T> {
    this.#isHeld = true;
    try {
      return await work();
    } finally {
      this.#isHeld = false;
    }
  }

  /** The window in which a pane was seen last; undefined when it never was seen. */
  find(name: PaneName): KnownWindow | undefined {
    const id = this.#ours.get(name);
    return this.#windows.find(({ ids }) => id !== undefined && ids.includes(id));
  }

  /** The arguments by which split-window (tmux(1)) makes a pane where it was; undefined without its window. */
  neighbour(name: PaneName, rows: readonly PaneRow[]): readonly string[] | undefined {
    const window = this.find(name);
    const id = this.#ours.get(name);
    if (window === undefined || id === undefined) return undefined;
    const there = rows.filter(({ windowId }) => windowId === window.windowId).map((row) => row.id);
    const ids = window.ids.map((each) => (there.includes(each) ? each : undefined));
    return splitTarget(ids, window.ids.indexOf(id));
  }

  /** Notes that a pane was made again, with another id. */
  replace(name: PaneName, to: PaneId): void {
    const from = this.#ours.get(name);
    this.#ours.set(name, to);
    this.#windows = this.#windows.map((window) => ({
      ...window,
      ids: window.ids.map((id) => (id === from ? to : id)),
    }));
  }

  /** Forgets a pane that is not configured any more, so that it does not count as missing. */
  forget(name: PaneName): void {
    this.#ours.delete(name);
  }

  /** Forgets everything, since the session is another one. */
  clear(): void {
    this.#windows = [];
    this.#ours.clear();
  }
}

/** The arguments by which split-window puts a pane at position `at` among others; undefined ids are missing. */
export function splitTarget(
  ids: readonly (PaneId | undefined)[],
  at: number,
): readonly string[] | undefined {
  const before = ids.slice(0, at).findLast((id) => id !== undefined);
  if (before !== undefined) return ['-t', before];
  const after = ids.slice(at + 1).find((id) => id !== undefined);
  return after === undefined ? undefined : ['-b', '-t', after];
}

function windowsOf(rows: readonly PaneRow[]): KnownWindow[] {
  return [...new Set(rows.map(({ windowId }) => windowId))].map((windowId) => {
    const panes = rows.filter((row) => row.windowId === windowId);
    const layout = panes[0]?.layout ?? '';
    return { windowId, layout, ids: inLayout(panes, layout) };
  });
}

/** `move-pane -b` of tmux 3.7c leaves the panes of a window in another order than its layout has them. */
function inLayout(panes: readonly PaneRow[], layout: string): readonly PaneId[] {
  const places = [...layout.matchAll(/\d+x\d+,\d+,\d+,(\d+)/g)].map(([, number]) => `%${number}`);
  const ids = panes.map(({ id }) => id);
  return ids.every((id) => places.includes(id))
    ? ids.toSorted((one, other) => places.indexOf(one) - places.indexOf(other))
    : ids;
}
