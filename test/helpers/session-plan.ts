import { planSessions } from '../../src/service/session-plans.js';
import { triadSchema } from '../../src/triad/schema.js';
import type { SessionPlan } from '../../src/triad/session-plan.js';

/** The plan of one session as `config/triad.yaml` would have it, with what it leaves out filled in. */
export function planOf(session: object, root: string): SessionPlan {
  const config = triadSchema.parse({ sessions: [{ name: 'pair', ...session }] });
  const [plan] = planSessions(config, { root, variables: {} });
  if (plan === undefined) throw new Error('no session planned');
  return plan;
}
