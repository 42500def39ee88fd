import { getGateway, requireRole } from './pane-target.js';
import type { Verb } from './verb.js';

export const down: Verb = {
  name: 'down',
  role: 'admin',
  isOffline: false,
  summary: 'stop the gateway; the sessions and their agents go on unless told otherwise',
  examples: ['down', 'down --session'],
  declare: (command, take) => {
    command
      .option('--session', 'end the sessions, with everything that runs in them, too')
      .action((options: { session?: true }) => {
        const endsSessions = options.session === true;
        take({
          files: [],
          run: (context) => {
            const gateway = getGateway(context);
            for (const session of context.sessions) requireRole(context, session, 'admin');
            context.audit.stopRequested({ actor: context.actor, endsSessions });
            gateway.stop({ endsSessions });
            return Promise.resolve(sayWhatGoesOn(context.sessions, endsSessions));
          },
        });
      });
  },
};

/** What a person who stops the gateway should know; `program` is how they call this one. */
export function sayWhatGoesOn(
  sessions: readonly string[],
  endsSessions: boolean,
  program = 'triad',
): string {
  const names = sessions.join(', ');
  if (endsSessions) return `the gateway stops, and ${names} ends with everything in it\n`;
  return `the gateway stops; ${names} goes on with everything in it (\`${program} up\` takes it over again, \`${program} down --session\` ends it)\n`;
}
