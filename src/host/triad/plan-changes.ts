import { isDeepStrictEqual } from 'node:util';
import type { PaneName } from '../../base/ids.js';
import type { ReloadChange } from '../../base/reload-report.js';
import type { Layout } from '../plan/schema.js';
import type { PanePlan, PaneProgram, SessionPlan } from '../plan/session-plan.js';
import type { RulesPlan } from '../rules/rule-plan.js';
import type { Pane } from './pane.js';
import { programMark } from './session-builder.js';

/** What is in force of a session, which may be other than the plan. */
export interface SessionInForce {
  /** The layout; undefined when the panes are not laid out by any plan. */
  readonly layout: Layout | undefined;
  readonly rules: RulesPlan;
  readonly panes: readonly PaneInForce[];
}

export type PaneInForce = Pick<
  Pane,
  'name' | 'plan' | 'state' | 'hasHadKeeper' | 'isStopped' | 'started'
>;

/** What is to be done to make a session what a plan says. */
export interface PlanChanges {
  readonly removed: readonly PaneName[];
  /** The panes to restart: they run another program, or none where one is planned now. */
  readonly restarted: readonly PaneName[];
  readonly isLayoutChanged: boolean;
  /** The changes as people are told of them, in configured order. */
  readonly list: ReloadChange[];
}

export function planChanges(before: SessionInForce, after: SessionPlan): PlanChanges {
  const find = (name: PaneName) => before.panes.find((pane) => pane.name === name);
  const names = after.panes.map(({ name }) => name);
  const there = before.panes.map(({ name }) => name);
  const removed = there.filter((name) => !names.includes(name));
  const toStart = after.panes.filter((plan) => {
    const pane = find(plan.name);
    return pane !== undefined && isToStart(pane, plan);
  });
  const isLayoutChanged =
    !isDeepStrictEqual(before.layout, after.layout) ||
    there.join(' ') !== names.join(' ') ||
    before.panes.some(({ hasHadKeeper }) => !hasHadKeeper);
  const isSessionChanged = isLayoutChanged || !isSame(before.rules, after.rules);
  const session = after.name;
  return {
    ...{ removed, isLayoutChanged, restarted: toStart.map(({ name }) => name) },
    list: [
      ...(isSessionChanged ? [{ session, pane: null, change: 'changed' as const }] : []),
      ...removed.map((pane) => ({ session, pane, change: 'removed' as const })),
      ...after.panes.flatMap((plan): ReloadChange[] => {
        const change = paneChange(find(plan.name), plan);
        return change === undefined ? [] : [{ session, pane: plan.name, change }];
      }),
    ],
  };
}

/** How a pane changes to become what `after` says. */
function paneChange(
  before: PaneInForce | undefined,
  after: PanePlan,
): 'added' | 'restarted' | 'changed' | undefined {
  if (before?.plan === undefined || !before.hasHadKeeper) return 'added';
  if (isToStart(before, after)) return 'restarted';
  return isSame(before.plan, after) ? undefined : 'changed';
}

/** Whether a pane's command has to be restarted; a pane that was stopped or that waits is not. */
function isToStart(before: PaneInForce, { program }: PanePlan): boolean {
  const { plan, state, started } = before;
  if (!before.hasHadKeeper || before.isStopped || state === 'waiting') return false;
  const hasEnded = state === 'exited' || state === 'failed';
  return isOther(started, program) || (plan === undefined && hasEnded);
}

function isOther(started: PaneProgram | string, program: PaneProgram): boolean {
  if (typeof started === 'string') return started !== '' && started !== programMark(program);
  const run = ({ argv, cwd, env }: PaneProgram) => ({ argv, cwd, env });
  return !isDeepStrictEqual(run(started), run(program));
}

/** Whether two parts of plans are equal. */
export function isSame(before: unknown, after: unknown): boolean {
  return isDeepStrictEqual(sourceOf(before), sourceOf(after));
}

/** A value with its patterns as they were written, since compiled patterns are never equal. */
function sourceOf(value: unknown): unknown {
  return value === undefined ? undefined : JSON.parse(JSON.stringify(value));
}
