import type { PaneName, SessionName } from '../../base/ids.js';
import type { PaneRequest } from '../../base/pane.js';
import { visible } from '../../base/visible.js';

/** The part of a session's plan that says which pane may reach which. */
export interface ReachPlan {
  readonly name: SessionName;
  readonly panes: readonly {
    readonly name: PaneName;
    /** The panes that this one may reach; undefined for all others. */
    readonly mayReach: readonly PaneName[] | undefined;
  }[];
}

export interface Reach {
  readonly from: PaneName;
  /** The pane that is meant, as it was typed: `PANE` or `SESSION:PANE`. */
  readonly target: string;
  readonly verb: PaneRequest['verb'];
}

/**
 * Decides whether a pane may ask something of another one. Where `mayReach` is set, what it may not
 * reach and what is not there get the same answer; of itself it may only read.
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
  // A pane that may reach all others may also learn which there are.
  if (to === undefined && own.mayReach === undefined) {
    return { refusal: `there is no pane ${visible(target, 64)} in ${name}` };
  }
  const isAllowed = to !== undefined && (own.mayReach?.includes(to) ?? true);
  return isAllowed ? to : { refusal: `${from} may not reach ${visible(target, 64)}` };
}
