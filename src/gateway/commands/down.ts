import { withDeadline } from '../../base/deadline.js';
import type { CallContext } from './context.js';
import { describeSessions, getGateway, requireGlobalAdmin } from './pane-target.js';
import { attentionText } from './session-report.js';
import type { Verb } from './verb.js';

/** Longest that a stop waits for the state of the sessions, which is only told beside it. */
const DESCRIBE_LIMIT_MS = 1_000;

export const down: Verb = {
  name: 'down',
  role: 'admin',
  summary: 'stop the gateway; the sessions and their agents go on unless told otherwise',
  examples: ['down', 'down --session'],
  declare: (command, take) => {
    command
      .option('--session', 'end the sessions, with everything that runs in them, too')
      .action((options: { session?: true }) => {
        const endsSessions = options.session === true;
        take({
          run: async (context) => {
            const gateway = getGateway(context);
            requireGlobalAdmin(context);
            // Sessions are ended by their host: where it cannot be asked, nothing is stopped.
            if (endsSessions) await gateway.link.describe({});
            const attention = endsSessions ? '' : await attentionLeft(context);
            context.audit.stopRequested({ actor: context.actor, endsSessions });
            gateway.stop({ endsSessions });
            const { startCommand } = gateway;
            const stopping = { endsSessions, startCommand, program: context.program };
            return sayWhatGoesOn(context.sessions, stopping) + attention;
          },
        });
      });
  },
};

/** What needs somebody in the sessions that go on; a host that does not answer holds up no stop. */
async function attentionLeft(context: CallContext): Promise<string> {
  const described = withDeadline(describeSessions(context), DESCRIBE_LIMIT_MS, 'the sessions');
  const text = attentionText(await described.catch(() => []), context.terminal);
  return text === '' ? '' : `${text}\n`;
}

/** What a person who stops the gateway should know; `program` is how they call this one. */
export function sayWhatGoesOn(
  sessions: readonly string[],
  { endsSessions, startCommand, program }: Stopping,
): string {
  const names = sessions.length === 0 ? 'what runs' : sessions.join(', ');
  if (endsSessions) return `the gateway stops, and ${names} ends with everything in it\n`;
  const again =
    startCommand === 'up'
      ? `\`${program} up\` takes it over again`
      : `\`${program} gateway\` lets people in again`;
  return `the gateway stops; ${names} goes on with everything in it (${again}, \`${program} down --session\` ends it)\n`;
}

interface Stopping {
  readonly endsSessions: boolean;
  /** The command that starts the gateway again. */
  readonly startCommand: 'up' | 'gateway';
  readonly program: string;
}
