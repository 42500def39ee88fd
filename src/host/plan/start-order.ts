import { isCleanExit } from '../../base/attention.js';
import type { PaneName } from '../../base/ids.js';
import type { PaneExit, PaneState } from '../../base/pane.js';
import { visible } from '../../base/visible.js';
import type { Dependency, DependencyCondition } from './dependency.js';

interface OrderedPane {
  readonly name: PaneName;
  readonly dependsOn: readonly Dependency[];
}

/**
 * The panes, each after those it depends on, otherwise as configured. There are no circles
 * (plan-problems.ts).
 */
export function inStartOrder<P extends OrderedPane>(panes: readonly P[]): P[] {
  const ordered = new Set<P>();
  const add = (pane: P): void => {
    for (const { on } of pane.dependsOn) {
      const dependency = panes.find(({ name }) => name === on);
      if (dependency !== undefined && !ordered.has(dependency)) add(dependency);
    }
    ordered.add(pane);
  };
  for (const pane of panes) add(pane);
  return [...ordered];
}

/** What is known of a pane that another one depends on. */
export interface DependencyFacts {
  readonly state: PaneState;
  readonly lastExit: PaneExit | null;
  /** Whether a line of its output matched since its command was started. */
  readonly hasPrinted: boolean;
}

export function isMet({ kind }: DependencyCondition, facts: DependencyFacts): boolean {
  const { state, lastExit, hasPrinted } = facts;
  switch (kind) {
    case 'started':
      return ['running', 'healthy', 'unhealthy', 'exited'].includes(state);
    case 'healthy':
      return state === 'healthy';
    case 'exited-ok':
      return (state === 'exited' || state === 'backoff') && isCleanExit(lastExit);
    case 'log':
      return hasPrinted;
  }
}

/**
 * What a pane waits for, as `waits for db to be healthy`, and the other's state where somebody has
 * to act on it.
 */
export function describeWait({ on, until }: Dependency, state: PaneState): string {
  const isStuck = state === 'stopped' || state === 'failed' || state === 'exited';
  return `waits for ${on} ${wish(until)}${isStuck ? `, which is ${state}` : ''}`;
}

function wish(until: DependencyCondition): string {
  switch (until.kind) {
    case 'started':
      return 'to run';
    case 'healthy':
      return 'to be healthy';
    case 'exited-ok':
      return 'to exit with status 0';
    case 'log':
      return `to print /${visible(until.pattern.source, 64)}/`;
  }
}
