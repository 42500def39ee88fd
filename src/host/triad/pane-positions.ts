import type { PaneId, PaneName } from '../../base/ids.js';
import type { PaneRow } from './pane-row.js';

/** Where the panes of a window were when all of ours were there. */
export interface KnownWindow {
  readonly windowId: string;
  /** tmux's layout string, which `select-layout` gives to panes in the order of their window. */
  readonly layout: string;
  /** As the layout has them. */
  readonly ids: readonly PaneId[];
}

/** Remembers each window's layout, so that a pane that somebody closed can come back where it was. */
export class PanePositions {
  #windows: readonly KnownWindow[] = [];
  /** Where each of our panes was seen last. */
  readonly #ours = new Map<PaneName, PaneId>();
  #isHeld = false;

  /** A window in which a pane of ours is missing stays as it was remembered. */
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

  /** Remembers nothing new until `work` is done, which makes a pane: what it passes through is no layout. */
  async hold<T>(work: () => Promise<T>): Promise<T> {
    this.#isHeld = true;
    try {
      return await work();
    } finally {
      this.#isHeld = false;
    }
  }

  /** Where a pane was seen last; undefined when it never was. */
  find(name: PaneName): KnownWindow | undefined {
    const id = this.#ours.get(name);
    return this.#windows.find(({ ids }) => id !== undefined && ids.includes(id));
  }

  /** What to give `split-window` so that a pane is made where it was; undefined when its window is gone. */
  neighbour(name: PaneName, rows: readonly PaneRow[]): readonly string[] | undefined {
    const window = this.find(name);
    const id = this.#ours.get(name);
    if (window === undefined || id === undefined) return undefined;
    const there = rows.filter(({ windowId }) => windowId === window.windowId).map((row) => row.id);
    const ids = window.ids.map((each) => (there.includes(each) ? each : undefined));
    return splitTarget(ids, window.ids.indexOf(id));
  }

  /** A pane was made again under another id. */
  replace(name: PaneName, to: PaneId): void {
    const from = this.#ours.get(name);
    this.#ours.set(name, to);
    this.#windows = this.#windows.map((window) => ({
      ...window,
      ids: window.ids.map((id) => (id === from ? to : id)),
    }));
  }

  /** A pane is not wanted any more: it is not missed. */
  forget(name: PaneName): void {
    this.#ours.delete(name);
  }

  /** The session is another one. */
  clear(): void {
    this.#windows = [];
    this.#ours.clear();
  }
}

/** What makes `split-window` put a pane at this position among others, of which some are not there. */
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
