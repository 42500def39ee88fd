import { localTimeText } from '../../base/calendar-time.js';
import type { Slices } from '../../base/slices.js';
import type { AttachmentInfo } from '../attachments/live-attachment.js';
import type { ConnectionInfo } from './connection-info.js';
import type { CallContext, CommandContext } from './context.js';
import { getGateway, isAdminIn, sessionFilter } from './pane-target.js';
import { jsonText, textTable } from './text-table.js';
import type { Verb } from './verb.js';

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
  const { slices } = context;
  if (options.connections === true) {
    const connections = visibleConnections(context);
    return options.json === true
      ? jsonText(connections, slices)
      : connectionsText(connections, slices);
  }
  const maySee = sessionFilter(context);
  const attachments = getGateway(context)
    .attachments.list()
    .filter(({ session }) => maySee(session));
  return options.json === true ? jsonText(attachments, slices) : whoText(attachments, slices);
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
): Promise<string> {
  if (attachments.length === 0) return 'nobody is attached\n';
  const header = ['ID', 'ENGINEER', 'ROLE', 'MODE', 'SESSION', 'FROM', 'TERMINAL', 'SINCE'];
  const rows = attachments.map((each) => [
    ...[each.id, each.engineer, each.role, each.mode, each.session, each.remote],
    ...[`${each.term} ${each.cols}x${each.rows}`, localTime(each.since)],
  ]);
  return textTable({ header, rows }, slices);
}

async function connectionsText(
  connections: readonly ConnectionInfo[],
  slices: Slices,
): Promise<string> {
  if (connections.length === 0) return 'nobody is connected\n';
  const header = ['ID', 'ENGINEER', 'ROLE', 'UNTIL', 'SESSION', 'FROM', 'SINCE', 'USE', 'KEY'];
  const rows = connections.map((each) => [
    ...[each.id, each.engineer, each.role ?? 'guest', localTime(each.until), each.session],
    ...[each.remote, localTime(each.since), useText(each), each.fingerprint],
  ]);
  return textTable({ header, rows }, slices);
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
