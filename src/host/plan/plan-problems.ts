import type { PaneName } from '../../base/ids.js';
import type { RuleAction, RulePlan } from '../rules/rule-plan.js';
import type { Dependency } from './dependency.js';

interface PlannedPane {
  readonly name: PaneName;
  readonly dependsOn: readonly Dependency[];
  readonly ready?: object | undefined;
  readonly mayReach?: readonly PaneName[] | undefined;
}

interface PlannedSession {
  readonly panes: readonly PlannedPane[];
  readonly rules: readonly RulePlan[];
  readonly webhookHosts: readonly string[];
}

export interface PlanProblem {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/**
 * What is wrong between the parts of a session: unknown names, circles, conditions that can never
 * be met.
 */
export function findPlanProblems(session: PlannedSession): PlanProblem[] {
  return [
    ...dependencyProblems(session.panes),
    ...circleProblems(session.panes),
    ...reachProblems(session.panes),
    ...ruleProblems(session),
  ];
}

function dependencyProblems(panes: readonly PlannedPane[]): PlanProblem[] {
  return panes.flatMap(({ dependsOn }, at) =>
    dependsOn.flatMap(({ on, until }): PlanProblem[] => {
      const path = ['panes', at, 'dependsOn', on];
      const pane = panes.find(({ name }) => name === on);
      if (pane === undefined) return [{ path, message: `there is no pane ${on}` }];
      if (until.kind !== 'healthy' || pane.ready !== undefined) return [];
      return [{ path, message: `${on} has no ready probe, so it never is healthy` }];
    }),
  );
}

/** Reports each circle once, at the pane of it that is configured first. */
function circleProblems(panes: readonly PlannedPane[]): PlanProblem[] {
  const found = new Set<PaneName>();
  return panes.flatMap((pane, at): PlanProblem[] => {
    if (found.has(pane.name)) return [];
    const circle = findCircle(pane.name, panes);
    for (const name of circle ?? []) found.add(name);
    if (circle === undefined) return [];
    const message = `waits for itself: ${[...circle, pane.name].join(' -> ')}`;
    return [{ path: ['panes', at, 'dependsOn'], message }];
  });
}

/**
 * The names on the way from `start` back to itself, without the last; undefined when no way leads
 * back.
 */
function findCircle(start: PaneName, panes: readonly PlannedPane[]): PaneName[] | undefined {
  const seen = new Set<PaneName>();
  const follow = (name: PaneName, way: readonly PaneName[]): PaneName[] | undefined => {
    for (const { on } of panes.find((pane) => pane.name === name)?.dependsOn ?? []) {
      if (on === start) return [...way];
      if (seen.has(on)) continue;
      seen.add(on);
      const circle = follow(on, [...way, on]);
      if (circle !== undefined) return circle;
    }
    return undefined;
  };
  return follow(start, [start]);
}

function reachProblems(panes: readonly PlannedPane[]): PlanProblem[] {
  return panes.flatMap(({ mayReach = [] }, at) =>
    mayReach.flatMap((name, index) => unknown(panes, name, ['panes', at, 'mayReach', index])),
  );
}

function ruleProblems({ panes, rules, webhookHosts }: PlannedSession): PlanProblem[] {
  return rules.flatMap(({ name, when, action }, at) => [
    ...(rules.findIndex((each) => each.name === name) < at
      ? [{ path: ['rules', at, 'name'], message: `${name} is there twice` }]
      : []),
    ...unknown(panes, when.pane, ['rules', at, 'when', 'pane']),
    ...actionPanes(action).flatMap((pane) => unknown(panes, pane, ['rules', at, 'do'])),
    ...hostProblems(action, webhookHosts, at),
  ]);
}

function actionPanes(action: RuleAction): readonly PaneName[] {
  return 'pane' in action ? [action.pane] : [];
}

function hostProblems(action: RuleAction, hosts: readonly string[], at: number): PlanProblem[] {
  if (action.kind !== 'webhook') return [];
  const { hostname } = new URL(action.url);
  if (hosts.includes(hostname)) return [];
  return [{ path: ['rules', at, 'do', 'webhook'], message: `${hostname} is not in webhookHosts` }];
}

function unknown(
  panes: readonly PlannedPane[],
  name: PaneName,
  path: PlanProblem['path'],
): PlanProblem[] {
  if (panes.some((pane) => pane.name === name)) return [];
  return [{ path, message: `there is no pane ${name}` }];
}
