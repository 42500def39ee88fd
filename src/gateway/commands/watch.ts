import { UsageError } from '../../base/errors.js';
import type { WatchTarget } from './command-outcome.js';
import type { CallContext } from './context.js';
import { getPaneAddress } from './pane-target.js';
import type { Verb } from './verb.js';

export const watch: Verb = {
  name: 'watch',
  role: 'observer',
  summary: 'watch the session, or one pane of it, without typing',
  examples: ['watch', 'watch worker'],
  declare: (command, take) => {
    command
      .argument('[pane]', 'shows this pane alone')
      .addHelpText('after', '\nNeeds a terminal: ssh -t.')
      .action((pane: string | undefined) => {
        take({ run: (context) => run(context, pane) });
      });
  },
};

async function run(context: CallContext, pane: string | undefined): Promise<WatchTarget> {
  const { session } = context;
  if (session === undefined) {
    const [name = 'pair'] = context.sessions;
    throw new UsageError('watch works over SSH', { hint: `ssh -t ${name}@HOST watch` });
  }
  return pane === undefined
    ? { session, pane: undefined }
    : await getPaneAddress(context, pane, 'observer');
}
