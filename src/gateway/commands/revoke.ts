import type { EngineerName } from '../../base/ids.js';
import type { CommandContext } from './context.js';
import { getEngineer } from './grant.js';
import { changesJson, changesText, FORCE, type ScopeOptions, scopeOf } from './grant-change.js';
import type { Verb } from './verb.js';

export const revoke: Verb = {
  name: 'revoke',
  role: 'admin',
  isOffline: true,
  summary: "take an engineer's access back; those who are connected are closed at once",
  examples: ['revoke bob', 'revoke bob --session pair'],
  declare: (command, take) => {
    command
      .argument('<name>', 'the engineer')
      .option('--session <name>', 'in this session only')
      .option('--force', FORCE)
      .action((name: string, options: ScopeOptions) => {
        const engineer = getEngineer(name);
        take({ run: (context) => run(context, engineer, options) });
      });
  },
};

async function run(
  context: CommandContext,
  engineer: EngineerName,
  options: ScopeOptions,
): Promise<string> {
  const scope = scopeOf(context, options);
  const { actor, audit, sessions: allSessions } = context;
  const changes = await context.grants.revoke({ engineer, allSessions, ...scope }, (deltas) =>
    audit.accessRevoked({ actor, changes: changesJson(deltas) }),
  );
  return changesText(engineer, changes);
}
