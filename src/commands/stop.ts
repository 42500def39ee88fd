import { getGateway, getPanesAddress, type PanesOptions, panesText } from './pane-target.js';
import type { Verb } from './verb.js';

export const stop: Verb = {
  name: 'stop',
  role: 'driver',
  isOffline: false,
  summary: 'end commands as their policy says; they stay stopped until they are started',
  examples: ['stop worker', 'stop pair:worker', 'stop --all'],
  declare: (command, take) => {
    command
      .argument('[pane]', 'PANE, or SESSION:PANE')
      .option('--all', 'every pane of the session')
      .option('--session <name>', 'with --all, where there are several')
      .action((pane: string | undefined, options: PanesOptions) => {
        take({
          files: [],
          run: async (context) => {
            const panes = await getPanesAddress(context, pane, options);
            context.audit.paneStopped({ actor: context.actor, ...panes });
            await getGateway(context).link.stop(panes);
            return `stopped ${panesText(panes)}\n`;
          },
        });
      });
  },
};
