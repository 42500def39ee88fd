import type { PaneName, SessionName } from '../../base/ids.js';
import type { PaneRequest } from '../../base/pane.js';
import { visible } from '../../base/visible.js';

/** What of a session's plan says who may reach whom. */
export interface ReachPlan {
  readonly name: SessionName;
  readonly panes: readonly {
    readonly name: PaneName;
    /** undefined: all others. */
    readonly mayReach: readonly PaneName[] | undefined;
  }[];
}

export interface Reach {
  readonly from: PaneName;
  /** `PANE` or `SESSION:PANE`, as it was typed. */
  readonly target: string;
  readonly verb: PaneRequest['verb'];
}

/**
 * Decides whether a pane may ask that of another one. Where `mayReach` is set, what it may not reach and
 * what is not there get the same answer; of itself it may only read.
 *
 * @returns the name of the pane that is meant, or a sentence that says why not.
 */
export function decideReach(
  { from, target, verb }: Reach,
  { name, panes }: ReachPlan,
): PaneName | { readonly refusal: string } {
  const own = panes.find((pane) => pane.name === from);
  const wanted = target.startsWith(`${name}:`) ? target.slice(name.length + 1) : target;
  const to = panes.find((pane) => pane.name === wanted)?.name;
  if (own === undefined) return { refusal: `${from} is no pane of ${name} any more` };
  if (to === from) {
    return verb === 'capture' ? to : { refusal: `${from} may only capture itself` };
  }
  // Where all may be reached, there is nothing to hide.
  if (to === undefined && own.mayReach === undefined) {
    return { refusal: `there is no pane ${visible(target, 64)} in ${name}` };
  }
  const isAllowed = to !== undefined && (own.mayReach?.includes(to) ?? true);
  return isAllowed ? to : { refusal: `${from} may not reach ${visible(target, 64)}` };
}
