import { UsageError } from '../../base/errors.js';
import { PANE_SIGNALS, type PaneSignal } from '../../base/pane.js';
import { visible } from '../../base/visible.js';
import { getGateway, getPaneAddress } from './pane-target.js';
import type { Verb } from './verb.js';

export const signal: Verb = {
  name: 'signal',
  role: 'driver',
  summary: "send a signal to a pane's command and everything it started",
  examples: ['signal worker HUP', 'signal pair:worker SIGUSR1'],
  declare: (command, take) => {
    command
      .argument('<pane>', 'PANE, or SESSION:PANE')
      .argument('<signal>', 'TERM, or SIGTERM')
      .action((pane: string, name: string) => {
        const meant = getSignal(name);
        const ask = { verb: 'signal', signal: meant } as const;
        take({
          onPane: { target: pane, ask },
          run: async (context) => {
            const address = await getPaneAddress(context, pane, 'driver');
            context.audit.paneSignalled({ actor: context.actor, ...address, signal: meant });
            await getGateway(context).link.pane({ ...address, ask });
            return `sent ${meant} to ${address.pane}\n`;
          },
        });
      });
  },
};

function getSignal(name: string): PaneSignal {
  const full = `SIG${name.toUpperCase().replace(/^SIG/, '')}`;
  const known = PANE_SIGNALS.find((each) => each === full);
  if (known !== undefined) return known;
  throw new UsageError(`${visible(name)} is no signal that panes may be sent`, {
    hint: `signals: ${PANE_SIGNALS.map((each) => each.slice(3)).join(', ')}`,
  });
}
