import type { PanesAddress } from '../../base/pane.js';
import type { HostLink } from '../../link/host-link.js';
import type { CommandContext } from './context.js';
import { getGateway, getPanesAddress, type PanesOptions, panesText } from './pane-target.js';
import type { Verb } from './verb.js';

interface PanesAction extends Pick<Verb, 'name' | 'summary'> {
  /** What the answer begins with. */
  readonly done: string;
  /** Puts it on record; comes before `act`. */
  readonly record: (
    audit: CommandContext['audit'],
    event: PanesAddress & Pick<CommandContext, 'actor'>,
  ) => void;
  readonly act: (link: HostLink, panes: PanesAddress) => Promise<void>;
}

/** A verb that does something to the command of one pane, or with `--all` of every pane. */
export function panesVerb({ name, summary, done, record, act }: PanesAction): Verb {
  return {
    name,
    role: 'driver',
    isOffline: false,
    summary,
    examples: [`${name} worker`, `${name} pair:worker`, `${name} --all`],
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
              record(context.audit, { actor: context.actor, ...panes });
              await act(getGateway(context).link, panes);
              return `${done} ${panesText(panes)}\n`;
            },
          });
        });
    },
  };
}
