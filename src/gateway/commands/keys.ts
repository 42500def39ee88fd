import { requireKeyCount } from '../../base/pane.js';
import { getGateway, getPaneAddress } from './pane-target.js';
import type { Verb } from './verb.js';

export const keys: Verb = {
  name: 'keys',
  role: 'driver',
  summary: "press keys in a pane, by tmux's names",
  examples: ['keys worker C-c', 'keys worker Up Enter'],
  declare: (command, take) => {
    command
      .argument('<pane>', 'PANE, or SESSION:PANE')
      .argument('<key...>', 'characters, or names such as Enter, Escape, Up, F1, C-c, M-x')
      .action((pane: string, names: string[]) => {
        requireKeyCount(names);
        const ask = { verb: 'keys', keys: names } as const;
        take({
          onPane: { target: pane, ask },
          run: async (context) => {
            const address = await getPaneAddress(context, pane, 'driver');
            context.audit.keysPressed({ actor: context.actor, ...address, keys: names.length });
            await getGateway(context).link.pane({ ...address, ask });
            return '';
          },
        });
      });
  },
};
