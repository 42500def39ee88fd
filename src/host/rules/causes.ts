import type { PaneName } from '../../base/ids.js';

/**
 * The depth of the last firing in a chain of rules that cause each other; what would fire beyond is
 * stopped.
 */
export const MAX_DEPTH = 4;

/**
 * What rules have done to panes, so that what comes of it is known as theirs.
 *
 * A firing that nobody's rule caused has depth 0. A pane that its action changes carries depth 1 for a
 * while, so has what fires by that pane; and so on. Per pane and depth the last moment is kept, of at
 * most `MAX_DEPTH` + 1 depths. Times are of `Clock.elapsed`.
 */
export class Causes {
  readonly #changed = new Map<PaneName, number[]>();

  note(pane: PaneName, depth: number, now: number): void {
    const moments = this.#changed.get(pane) ?? [];
    moments[depth] = now;
    this.#changed.set(pane, moments);
  }

  /** The depth of what happens in a pane now, where what rules did shows within `withinMs`. */
  depthOf(pane: PaneName, withinMs: number, now: number): number {
    const moments = this.#changed.get(pane) ?? [];
    return Math.max(
      0,
      moments.findLastIndex((at) => now - at < withinMs),
    );
  }
}
