import { RefusedError } from '../base/errors.js';
import { visible } from '../base/visible.js';
import type { AttachmentInfo } from '../session/live-attachment.js';
import type { CommandContext } from './context.js';
import { getGateway } from './pane-target.js';
import type { Verb } from './verb.js';

export const kick: Verb = {
  name: 'kick',
  role: 'admin',
  isOffline: false,
  summary: 'end the views of an engineer, or one of them; they may come back',
  examples: ['kick alice', 'kick A3'],
  declare: (command, take) => {
    command
      .argument('<name|attachment>', 'an engineer, or an attachment as `who` shows it')
      .action((target: string) => take({ files: [], run: (context) => run(context, target) }));
  },
};

function run(context: CommandContext, target: string): Promise<string> {
  const { attachments } = getGateway(context);
  const isMeant = ({ id, engineer, session }: AttachmentInfo) =>
    (id === target || engineer === target) && context.roleIn(session) === 'admin';
  if (!attachments.list().some(isMeant)) {
    throw new RefusedError(`${visible(target)} is not attached`, { hint: 'triad who' });
  }
  context.audit.engineerKicked({ actor: context.actor, target });
  const kicked = attachments.kick(isMeant);
  return Promise.resolve(kicked.map((each) => `kicked ${each.engineer} (${each.id})\n`).join(''));
}
