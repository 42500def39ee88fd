import { localTimeText } from '../../base/calendar-time.js';
import type { Slices } from '../../base/slices.js';
import type { AttachmentInfo } from '../attachments/live-attachment.js';
import type { CallerTerminal } from './command-outcome.js';
import type { ConnectionInfo } from './connection-info.js';
import type { CallContext, CommandContext } from './context.js';
import { getGateway, isAdminIn, sessionFilter } from './pane-target.js';
import { jsonText, textTable } from './text-table.js';
import type { Verb } from './verb.js';

/** What gives way where a terminal is too narrow, the first first. */
const VIEWS_GIVE_WAY = [{ title: 'TERMINAL' }, { title: 'FROM' }, { title: 'SINCE' }];
const CONNECTIONS_GIVE_WAY = [
  ...[{ title: 'KEY', least: 14 }, { title: 'UNTIL' }, { title: 'FROM' }],
  ...[{ title: 'SINCE' }, { title: 'USE' }],
];

interface Options {
  readonly connections?: true;
  readonly json?: true;
}

export const who: Verb = {
  name: 'who',
  role: 'observer',
  summary: 'show who is attached, or every connection that has logged in',
  examples: ['who', 'who --json', 'who --connections'],
  declare: (command, take) => {
    command
      .option('--connections', 'connections with and without views: yours, and as admin all')
      .option('--json', 'print JSON')
      .action((options: Options) => {
        take({ run: (context) => run(context, options) });
      });
  },
};

async function run(context: CallContext, options: Options): Promise<string> {
  const { slices, terminal } = context;
  if (options.connections === true) {
    const connections = visibleConnections(context);
    return options.json === true
      ? jsonText(connections, slices)
      : connectionsText(connections, slices, terminal);
  }
  const maySee = sessionFilter(context);
  const attachments = getGateway(context)
    .attachments.list()
    .filter(({ session }) => maySee(session));
  return options.json === true
    ? jsonText(attachments, slices)
    : whoText(attachments, slices, terminal);
}

/** The connections to sessions of which the caller is admin, and the caller's own. */
function visibleConnections(context: CommandContext): readonly ConnectionInfo[] {
  const { actor } = context;
  return getGateway(context)
    .connections.list()
    .filter(
      (each) =>
        isAdminIn(context, each.session) ||
        (actor.door === 'ssh' && each.engineer === actor.engineer),
    );
}

export async function whoText(
  attachments: readonly AttachmentInfo[],
  slices: Slices,
  terminal: CallerTerminal | undefined,
): Promise<string> {
  if (attachments.length === 0) return 'nobody is attached\n';
  const header = ['ID', 'ENGINEER', 'ROLE', 'MODE', 'SESSION', 'FROM', 'TERMINAL', 'SINCE'];
  const rows = attachments.map((each) => [
    ...[each.id, each.engineer, each.role, each.mode, each.session, each.remote],
    ...[`${each.term} ${each.cols}x${each.rows}`, localTime(each.since)],
  ]);
  const fit = { cols: terminal?.cols, order: VIEWS_GIVE_WAY };
  return textTable({ header, rows, fit }, slices);
}

async function connectionsText(
  connections: readonly ConnectionInfo[],
  slices: Slices,
  terminal: CallerTerminal | undefined,
): Promise<string> {
  if (connections.length === 0) return 'nobody is connected\n';
  const header = ['ID', 'ENGINEER', 'ROLE', 'UNTIL', 'SESSION', 'FROM', 'SINCE', 'USE', 'KEY'];
  const rows = connections.map((each) => [
    ...[each.id, each.engineer, each.role ?? 'guest', localTime(each.until), each.session],
    ...[each.remote, localTime(each.since), useText(each), each.fingerprint],
  ]);
  const fit = { cols: terminal?.cols, order: CONNECTIONS_GIVE_WAY };
  return textTable({ header, rows, fit }, slices);
}

function localTime(iso: string | null): string {
  return iso === null ? '-' : localTimeText(Date.parse(iso));
}

function useText({ views, commands }: ConnectionInfo): string {
  const counted = [counts(views, 'view'), counts(commands, 'command')].filter((text) => text);
  return counted.length === 0 ? '-' : counted.join(', ');
}

function counts(count: number, what: string): string {
  if (count === 0) return '';
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}
