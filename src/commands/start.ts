import { getGateway, getPanesAddress, type PanesOptions, panesText } from './pane-target.js';
import type { Verb } from './verb.js';

export const start: Verb = {
  name: 'start',
  role: 'driver',
  isOffline: false,
  summary: 'start what does not run, each after what it depends on',
  examples: ['start worker', 'start pair:worker', 'start --all'],
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
            context.audit.paneStarted({ actor: context.actor, ...panes });
            await getGateway(context).link.start(panes);
            return `started ${panesText(panes)}\n`;
          },
        });
      });
  },
};
