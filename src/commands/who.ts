import type { AttachmentInfo } from '../session/live-attachment.js';
import { getGateway } from './pane-target.js';
import { jsonText, textTable } from './text-table.js';
import type { Verb } from './verb.js';

export const who: Verb = {
  name: 'who',
  role: 'observer',
  isOffline: false,
  summary: 'show who is attached',
  examples: ['who', 'who --json'],
  declare: (command, take) => {
    command.option('--json', 'print JSON').action((options: { json?: true }) => {
      take({
        files: [],
        run: (context) => {
          const attachments = getGateway(context)
            .attachments.list()
            .filter(({ session }) => context.roleIn(session) !== undefined);
          return Promise.resolve(options.json ? jsonText(attachments) : whoText(attachments));
        },
      });
    });
  },
};

export function whoText(attachments: readonly AttachmentInfo[]): string {
  if (attachments.length === 0) return 'nobody is attached\n';
  const header = ['ID', 'ENGINEER', 'ROLE', 'MODE', 'SESSION', 'FROM', 'TERMINAL', 'SINCE'];
  const rows = attachments.map((each) => [
    ...[each.id, each.engineer, each.role, each.mode, each.session, each.remote],
    ...[`${each.term} ${each.cols}x${each.rows}`, each.since],
  ]);
  return textTable(header, rows);
}
