import { requireTextSize } from '../../base/pane.js';
import { getGateway, getPaneAddress } from './pane-target.js';
import type { Verb } from './verb.js';

export const send: Verb = {
  name: 'send',
  role: 'driver',
  summary: 'type text into a pane, then Enter',
  examples: ['send worker continue', "send worker 'git status' --no-enter"],
  declare: (command, take) => {
    command
      .argument('<pane>', 'PANE, or SESSION:PANE')
      .argument('<text...>', 'the words, joined by spaces; tabs and newlines may be in it')
      .addHelpText(
        'after',
        '\nText and Enter are one act: who types into the pane at that time is waited for, until Enter or a\npause of a second, for 10 seconds at most (then it was not sent, exit status 75). At most 65,536 bytes.',
      )
      .option('--no-enter', 'do not press Enter at the end')
      .action((pane: string, words: string[], options: { enter: boolean }) => {
        const text = words.join(' ');
        requireTextSize(text);
        const ask = { verb: 'send', text, enter: options.enter } as const;
        take({
          onPane: { target: pane, ask },
          run: async (context) => {
            const address = await getPaneAddress(context, pane, 'driver');
            const bytes = Buffer.byteLength(text);
            context.audit.textSent({ actor: context.actor, ...address, bytes });
            await getGateway(context).link.pane({ ...address, ask });
            return '';
          },
        });
      });
  },
};
