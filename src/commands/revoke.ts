import type { EngineerName } from '../base/ids.js';
import type { CommandContext } from './context.js';
import { getEngineer } from './grant.js';
import { changesJson, changesText } from './grant-changes.js';
import { getSession, requireRole } from './pane-target.js';
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
      .action((name: string, options: { session?: string }) => {
        const engineer = getEngineer(name);
        take({ files: [], run: (context) => run(context, engineer, options.session) });
      });
  },
};

async function run(
  context: CommandContext,
  engineer: EngineerName,
  only: string | undefined,
): Promise<string> {
  const session = only === undefined ? null : getSession(context, only);
  for (const each of session === null ? context.sessions : [session]) {
    requireRole(context, each, 'admin');
  }
  const { actor, audit, sessions: allSessions } = context;
  const changes = await context.grants.revoke({ engineer, session, allSessions }, (deltas) =>
    audit.accessRevoked({ actor, changes: changesJson(deltas) }),
  );
  return changesText(engineer, changes);
}
