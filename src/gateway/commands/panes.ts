import type { PaneAction } from '../../base/pane.js';
import { getGateway, getPanesAddress, type PanesOptions, panesText } from './pane-target.js';
import type { Verb } from './verb.js';

interface PanesAction extends Pick<Verb, 'summary'> {
  /** What the verb does, which is its name, too. */
  readonly name: PaneAction;
  /** What the record says, and what the answer begins with. */
  readonly done: 'started' | 'stopped' | 'restarted';
}

/** A verb that does something to the command of one pane, or with `--all` of every pane. */
function panesVerb({ name, summary, done }: PanesAction): Verb {
  return {
    name,
    role: 'driver',
    summary,
    examples: [`${name} worker`, `${name} pair:worker`, `${name} --all`],
    declare: (command, take) => {
      command
        .argument('[pane]', 'PANE, or SESSION:PANE')
        .option('--all', 'every pane of the session')
        .option('--session <name>', 'with --all, where there are several')
        .action((pane: string | undefined, options: PanesOptions) => {
          take({
            run: async (context) => {
              const panes = await getPanesAddress(context, pane, options);
              context.audit.panesSupervised({ actor: context.actor, done, ...panes });
              await getGateway(context).link.supervise({ ...panes, action: name });
              return `${done} ${panesText(panes)}\n`;
            },
          });
        });
    },
  };
}

export const start = panesVerb({
  name: 'start',
  summary: 'start what does not run, each after what it depends on',
  done: 'started',
});

export const stop = panesVerb({
  name: 'stop',
  summary: 'end commands as their policy says; they stay stopped until they are started',
  done: 'stopped',
});

export const restart = panesVerb({
  name: 'restart',
  summary: 'end commands and start them again; make closed panes again',
  done: 'restarted',
});
