import { ConfigurationError } from '../../base/errors.js';
import type { ReloadChange } from '../../base/reload-report.js';
import { getGateway, requireGlobalAdmin } from './pane-target.js';
import type { Verb } from './verb.js';

export const reload: Verb = {
  name: 'reload',
  role: 'admin',
  summary: 'read triad.yaml again and apply what changed; a wrong file changes nothing',
  examples: ['reload'],
  declare: (command, take) => {
    command.action(() => {
      take({
        run: async (context) => {
          requireGlobalAdmin(context);
          const { link } = getGateway(context);
          context.audit.reloadRequested({ actor: context.actor });
          const { changes } = await link.reload({}).catch(tell);
          return changes.length === 0 ? 'nothing has changed\n' : changes.map(changeText).join('');
        },
      });
    });
  },
};

/** An admin over SSH is told what is wrong, too, but not where on the host the file is. */
function tell(error: unknown): never {
  if (!(error instanceof ConfigurationError)) throw error;
  const problems = error.problems.map((problem) => problem.replace(/^\S*\/(?=[^/\s]+:)/, ''));
  throw new ConfigurationError(error.problems, {
    userMessage: problems.join('\n'),
    hint: 'nothing was changed; correct the file and try again',
    cause: error,
  });
}

function changeText({ session, pane, change }: ReloadChange): string {
  return `${session}${pane === null ? '' : `:${pane}`} ${change}\n`;
}
