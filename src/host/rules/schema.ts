import { isName, NAME_RULE } from '../../base/ids.js';
import { PANE_SIGNALS, PANE_STATES } from '../../base/pane.js';
import { pattern } from '../../base/pattern.js';
import { argumentList, duration, paneNameText, printable, z } from '../../base/schema.js';
import type { RuleAction, RuleCondition, RulePlan } from './rule-plan.js';

const MAX_RULES = 64;
const MAX_HOSTS = 64;

const when = z
  .strictObject({
    pane: paneNameText,
    match: pattern.optional(),
    state: z.enum([...PANE_STATES, 'needs-input']).optional(),
    silence: duration('1s', '30d').optional(),
  })
  .transform(({ pane, match, state, silence }, context): RuleCondition => {
    const given = [match, state, silence].filter((each) => each !== undefined);
    if (given.length === 1) {
      if (match !== undefined) return { pane, kind: 'match', pattern: match };
      if (state !== undefined) return { pane, kind: 'state', state };
      if (silence !== undefined) return { pane, kind: 'silence', limitMs: silence };
    }
    context.addIssue({ code: 'custom', message: 'must have one of match, state, silence' });
    return z.NEVER;
  });

const text = printable.min(1);

const action = z
  .strictObject({
    send: z.strictObject({ pane: paneNameText, text, enter: z.boolean().default(true) }).optional(),
    keys: z
      .strictObject({ pane: paneNameText, keys: z.array(text.max(64)).min(1).max(64) })
      .optional(),
    signal: z.strictObject({ pane: paneNameText, signal: z.enum(PANE_SIGNALS) }).optional(),
    restart: paneNameText.optional(),
    exec: argumentList.optional(),
    webhook: z
      .url({ protocol: /^https?$/ })
      .max(2048)
      .optional(),
    notify: text.optional(),
  })
  .transform((value, context): RuleAction => {
    const { send, keys, signal, restart, exec, webhook, notify } = value;
    if (Object.values(value).filter((each) => each !== undefined).length === 1) {
      if (send !== undefined) return { kind: 'send', ...send };
      if (keys !== undefined) return { kind: 'keys', ...keys };
      if (signal !== undefined) return { kind: 'signal', ...signal };
      if (restart !== undefined) return { kind: 'restart', pane: restart };
      if (exec !== undefined) return { kind: 'exec', argv: exec };
      if (webhook !== undefined) return { kind: 'webhook', url: webhook };
      if (notify !== undefined) return { kind: 'notify', text: notify };
    }
    const message = 'must have one of send, keys, signal, restart, exec, webhook, notify';
    context.addIssue({ code: 'custom', message });
    return z.NEVER;
  });

const rule = z
  .strictObject({
    name: z.string().refine(isName, `must be ${NAME_RULE}`),
    when,
    do: action,
    cooldown: duration('0s', '7d').prefault('10s').describe('least time between two firings'),
    limit: z
      .strictObject({
        count: z.int().min(1).max(1000).default(10),
        per: duration('1s', '7d').prefault('1h'),
      })
      .prefault({})
      .describe('fires at most so often in this time'),
  })
  .transform(
    (value): RulePlan => ({
      name: value.name,
      when: value.when,
      action: value.do,
      cooldownMs: value.cooldown,
      limit: { count: value.limit.count, perMs: value.limit.per },
    }),
  );

/** The keys of a session that say what happens by itself. */
export const rulesKeys = {
  rules: z.array(rule).max(MAX_RULES).default([]),
  webhookHosts: z
    .array(z.string().min(1).max(255))
    .max(MAX_HOSTS)
    .default([])
    .describe('hosts that webhooks of rules may be sent to'),
};
