import type { PaneDescription, SessionDescription } from '../link/host-link.js';
import type { CommandContext } from './context.js';
import { getGateway } from './pane-target.js';
import { jsonText, textTable } from './text-table.js';
import type { Verb } from './verb.js';
import { whoText } from './who.js';

export const status: Verb = {
  name: 'status',
  role: 'observer',
  isOffline: false,
  summary: 'show sessions, panes, the gateway and who is attached',
  examples: ['status', 'status --json'],
  declare: (command, take) => {
    command.option('--json', 'print JSON').action((options: { json?: true }) => {
      take({ files: [], run: (context) => run(context, options.json === true) });
    });
  },
};

async function run(context: CommandContext, isJson: boolean): Promise<string> {
  const gateway = getGateway(context);
  const seen = (await gateway.link.describe()).filter(
    ({ name }) => context.roleIn(name) !== undefined,
  );
  const attachments = gateway.attachments
    .list()
    .filter(({ session }) => context.roleIn(session) !== undefined);
  const description = gateway.describe();
  if (isJson) {
    return jsonText({ sessions: seen.map(sessionJson), gateway: description, attachments });
  }
  const sessions = seen.map(sessionText).join('\n');
  const listens = `gateway: ${description.listen.join(', ')}, since ${description.startedAt}\n`;
  const keys = description.hostKeys.map(({ type, fingerprint }) => `  ${type} ${fingerprint}\n`);
  const refused = refusedText(description.refused);
  return `${sessions}\n${listens}${keys.join('')}${refused}\n${whoText(attachments)}`;
}

/** Empty while no limit was reached. */
function refusedText(refused: Readonly<Record<string, number>>): string {
  const reached = Object.entries(refused).filter(([, count]) => count > 0);
  if (reached.length === 0) return '';
  return `refused: ${reached.map(([limit, count]) => `${limit} ${count}`).join(', ')}\n`;
}

function sessionJson(session: SessionDescription): object {
  const { name, state, socket, tmuxVersion, adopted } = session;
  return { name, state, socket, tmuxVersion, adopted, panes: session.panes.map(paneJson) };
}

function paneJson(pane: PaneDescription): object {
  const { name, id, state, pid, command, restarts, startedAt, lastExit } = pane;
  return {
    ...{ name, id, state, pid, command, restarts, startedAt: isoTime(startedAt) },
    lastExit: lastExit === null ? null : { ...lastExit, at: isoTime(lastExit.at) },
  };
}

function sessionText(session: SessionDescription): string {
  const origin = session.adopted ? ', adopted' : '';
  const head = `session ${session.name}: ${session.state}${origin} (tmux ${session.tmuxVersion})\n`;
  const rows = session.panes.map((pane) => [
    pane.name,
    pane.state,
    pane.pid === null ? '-' : `${pane.pid}`,
    `${pane.restarts}`,
    lastExitText(pane),
    pane.command,
  ]);
  return head + textTable(['PANE', 'STATE', 'PID', 'RESTARTS', 'LAST EXIT', 'COMMAND'], rows);
}

function lastExitText({ lastExit }: PaneDescription): string {
  if (lastExit === null) return '-';
  return lastExit.signal ?? `status ${lastExit.status}`;
}

function isoTime(epochMs: number | null): string | null {
  return epochMs === null ? null : new Date(epochMs).toISOString();
}
