import { RefusedError } from '../../base/errors.js';
import { visible } from '../../base/visible.js';
import type { CommandContext } from './context.js';
import { getGateway, isAdminIn } from './pane-target.js';
import type { Verb } from './verb.js';

/** What listings show under an id and an engineer's name. */
interface Listed {
  readonly id: string;
  readonly engineer: string;
  readonly session: string;
}

export const kick: Verb = {
  name: 'kick',
  role: 'admin',
  summary: 'end all connections of an engineer, one of them, or one view; they may come back',
  examples: ['kick alice', 'kick A3', 'kick 1f0c9a2e'],
  declare: (command, take) => {
    command
      .argument('<name|attachment|connection>', 'an engineer, or an id as `who` shows it')
      .action((target: string) => take({ run: (context) => run(context, target) }));
  },
};

function run(context: CommandContext, target: string): Promise<string> {
  const { attachments, connections } = getGateway(context);
  const isMeant = ({ id, engineer, session }: Listed) =>
    (id === target || engineer === target) && isAdminIn(context, session);
  // The answer goes out over the caller's own connection.
  const isOthers = (each: Listed) => each.id !== context.actor.connectionId && isMeant(each);
  if (![...attachments.list(), ...connections.list()].some(isMeant)) {
    throw new RefusedError(`${visible(target)} is not connected`, {
      hint: 'triad who --connections',
    });
  }
  context.audit.engineerKicked({ actor: context.actor, target });
  const views = attachments.kick(isMeant).map((each) => `kicked ${each.engineer} (${each.id})\n`);
  const ended = connections.kick(isOthers);
  return Promise.resolve(
    [...views, ...ended.map((each) => `closed connection ${each.id} of ${each.engineer}\n`)].join(
      '',
    ),
  );
}
