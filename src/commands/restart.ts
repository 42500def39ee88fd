import { getGateway, getPaneAddress } from './pane-target.js';
import type { Verb } from './verb.js';

export const restart: Verb = {
  name: 'restart',
  role: 'driver',
  isOffline: false,
  summary: "end a pane's command and start it again; make a closed pane again",
  examples: ['restart worker', 'restart pair:worker'],
  declare: (command, take) => {
    command.argument('<pane>', 'PANE, or SESSION:PANE').action((pane: string) => {
      take({
        files: [],
        run: async (context) => {
          const address = await getPaneAddress(context, pane, 'driver');
          context.audit.paneRestarted({ actor: context.actor, ...address });
          await getGateway(context).link.restart(address);
          return `restarted ${address.pane}\n`;
        },
      });
    });
  },
};
