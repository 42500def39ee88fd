import type { PaneName } from '../../base/ids.js';
import type { SessionPlan } from '../plan/session-plan.js';
import { type FoundPane, programMark, type SessionBuilder } from './session-builder.js';

/** What a session has of what is planned, and what it has beside. */
export interface FoundSession {
  readonly panes: readonly FoundPane[];
  /** To be made; none where nothing of the session is planned, since then it is left as it is. */
  readonly missing: readonly PaneName[];
  /** Those of them that were made before: somebody closed them. */
  readonly closed: readonly PaneName[];
  /** Other than planned, not planned at all, or planned in vain. */
  readonly different: readonly PaneName[];
}

/** @param made the names it was made with. */
export function compareSession(
  plan: SessionPlan,
  panes: readonly FoundPane[],
  made: readonly string[],
): FoundSession {
  const planned = new Map(plan.panes.map(({ name, program }) => [name, programMark(program)]));
  const there = new Map(panes.map((pane) => [pane.name, pane.programMark]));
  const missing = [...planned.keys()].filter((name) => !there.has(name));
  const closed = missing.filter((name) => made.includes(name));
  const isOther = missing.length === planned.size && closed.length === 0;
  const all = new Set([...planned.keys(), ...there.keys()]);
  const isAmiss = (name: PaneName) =>
    there.has(name) ? there.get(name) !== planned.get(name) : isOther;
  return {
    ...{ panes, missing: isOther ? [] : missing, closed },
    different: [...all].filter(isAmiss),
  };
}

export async function findSession(
  builder: SessionBuilder,
  sessionId: string,
  plan: SessionPlan,
): Promise<FoundSession> {
  const panes = await builder.findPanes(sessionId);
  return compareSession(plan, panes, await builder.madeNames(sessionId));
}
