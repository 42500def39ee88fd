import { triadSchema } from '../../src/host/plan/schema.js';
import type { SessionPlan } from '../../src/host/plan/session-plan.js';
import { planSessions } from '../../src/host/plan/session-plans.js';

/** The plan of one session as `config/triad.yaml` would have it, with what it leaves out filled in. */
export function planOf(session: object, root: string): SessionPlan {
  const config = triadSchema.parse({ sessions: [{ name: 'pair', ...session }] });
  const [plan] = planSessions(config, { root, variables: {} });
  if (plan === undefined) throw new Error('no session planned');
  return plan;
}
