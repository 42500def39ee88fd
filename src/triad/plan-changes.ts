import { isDeepStrictEqual } from 'node:util';
import type { PaneName } from '../base/ids.js';
import type { ReloadChange } from '../link/host-link.js';
import { type FoundPane, programMark } from './session-builder.js';
import type { PanePlan, SessionPlan } from './session-plan.js';

/** What is to be done to make one plan of a session into another one. */
export interface PlanChanges {
  readonly added: readonly PaneName[];
  readonly removed: readonly PaneName[];
  /** Their program is another one. */
  readonly restarted: readonly PaneName[];
  /** Those in both, changed or not. */
  readonly kept: readonly PaneName[];
  readonly isLayoutChanged: boolean;
  /** The same for people, in configured order. */
  readonly list: ReloadChange[];
}

export function planChanges(before: SessionPlan, after: SessionPlan): PlanChanges {
  const find = (plan: SessionPlan, name: PaneName) => plan.panes.find((pane) => pane.name === name);
  const names = (plan: SessionPlan) => plan.panes.map(({ name }) => name);
  const removed = names(before).filter((name) => find(after, name) === undefined);
  const changes = after.panes.map((pane) => paneChange(find(before, pane.name), pane));
  const ofKind = (kind: ReloadChange['change']) =>
    names(after).filter((_, index) => changes[index] === kind);
  const isLayoutChanged =
    !isDeepStrictEqual(before.layout, after.layout) ||
    names(before).join(' ') !== names(after).join(' ');
  const isSessionChanged = isLayoutChanged || !isSame(before.rules, after.rules);
  const session = after.name;
  return {
    ...{ removed, added: ofKind('added'), restarted: ofKind('restarted'), isLayoutChanged },
    kept: names(after).filter((name) => find(before, name) !== undefined),
    list: [
      ...(isSessionChanged ? [{ session, pane: null, change: 'changed' as const }] : []),
      ...removed.map((pane) => ({ session, pane, change: 'removed' as const })),
      ...after.panes.flatMap(({ name }, index): ReloadChange[] => {
        const change = changes[index];
        return change === undefined ? [] : [{ session, pane: name, change }];
      }),
    ],
  };
}

/**
 * The panes of a session that was found running that are not as planned: missing, other or unknown.
 *
 * @param made the names it was made with: one of them that is missing was closed by somebody.
 */
export function differentPanes(
  plan: SessionPlan,
  found: readonly FoundPane[],
  made: readonly string[],
): PaneName[] {
  const planned = new Map(plan.panes.map(({ name, program }) => [name, programMark(program)]));
  const there = new Map(found.map((pane) => [pane.name, pane.programMark]));
  const names = new Set([...planned.keys(), ...there.keys()]);
  const isClosed = (name: PaneName) => made.includes(name) && !there.has(name);
  return [...names].filter((name) => there.get(name) !== planned.get(name) && !isClosed(name));
}

function paneChange(
  before: PanePlan | undefined,
  after: PanePlan,
): 'added' | 'restarted' | 'changed' | undefined {
  if (before === undefined) return 'added';
  const program = ({ argv, cwd, env }: PanePlan['program']) => ({ argv, cwd, env });
  if (!isDeepStrictEqual(program(before.program), program(after.program))) return 'restarted';
  return isSame(before, after) ? undefined : 'changed';
}

/** Whether two parts of plans say the same. */
export function isSame(before: unknown, after: unknown): boolean {
  return isDeepStrictEqual(sourceOf(before), sourceOf(after));
}

/** With patterns as they were written: compiled ones are never the same. */
function sourceOf(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}
