import { getGateway, getPanesAddress, type PanesOptions, panesText } from './pane-target.js';
import type { Verb } from './verb.js';

export const restart: Verb = {
  name: 'restart',
  role: 'driver',
  isOffline: false,
  summary: 'end commands and start them again; make closed panes again',
  examples: ['restart worker', 'restart pair:worker', 'restart --all'],
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
            context.audit.paneRestarted({ actor: context.actor, ...panes });
            await getGateway(context).link.restart(panes);
            return `restarted ${panesText(panes)}\n`;
          },
        });
      });
  },
};
