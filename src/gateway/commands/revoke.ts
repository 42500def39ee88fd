import type { EngineerName } from '../../base/ids.js';
import type { CommandContext } from './context.js';
import { getEngineer } from './grant.js';
import { changesJson, changesText, FORCE, type ForceOption, limitsOf } from './grant-change.js';
import { getSession } from './pane-target.js';
import type { Verb } from './verb.js';

interface Options extends ForceOption {
  readonly session?: string;
}

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
      .action((name: string, options: Options) => {
        const engineer = getEngineer(name);
        take({ files: [], run: (context) => run(context, engineer, options) });
      });
  },
};

async function run(
  context: CommandContext,
  engineer: EngineerName,
  options: Options,
): Promise<string> {
  const session = options.session === undefined ? null : getSession(context, options.session);
  const limits = limitsOf(context, session, options);
  const { actor, audit, sessions: allSessions } = context;
  const changes = await context.grants.revoke(
    { engineer, session, allSessions, ...limits },
    (deltas) => audit.accessRevoked({ actor, changes: changesJson(deltas) }),
  );
  return changesText(engineer, changes);
}
