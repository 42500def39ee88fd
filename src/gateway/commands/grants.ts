import { localTimeText } from '../../base/calendar-time.js';
import { isWithin } from '../access/admin-scope.js';
import { type Grant, hasExpired } from '../access/grant.js';
import { isoTime } from './amount-text.js';
import type { CallContext } from './context.js';
import { jsonText, textTable } from './text-table.js';
import type { Verb } from './verb.js';

/** The beginning of a fingerprint tells one key of a person from another. */
const GIVE_WAY = [
  ...[{ title: 'KEY', least: 26 }, { title: 'LINE' }, { title: 'FROM' }],
  ...[{ title: 'SESSIONS', least: 8 }],
];

export const grants: Verb = {
  name: 'grants',
  role: 'admin',
  isOffline: true,
  summary: 'show who may do what, and lines that grant nothing',
  examples: ['grants', 'grants --json'],
  declare: (command, take) => {
    command.option('--json', 'print JSON').action((options: { json?: true }) => {
      const text = options.json ? grantsJson : grantsText;
      take({ run: text });
    });
  },
};

/** What the actor may know: who is admin of some sessions sees lines that grant nothing beyond them. */
function seenBy({ grants: { current }, adminScope }: CallContext): typeof current {
  const scope = adminScope();
  if (scope === 'all') return current;
  return {
    grants: current.grants.filter((grant) => isWithin(grant, scope)),
    problems: [],
    staleReason: current.staleReason === null ? null : 'the file cannot be read now',
  };
}

function grantsJson(context: CallContext): Promise<string> {
  const current = seenBy(context);
  const listed = current.grants.map((grant) => ({
    engineer: grant.engineer,
    role: grant.role,
    sessions: grant.sessions === 'all' ? null : grant.sessions,
    expiresAt: isoTime(grant.expiresAt),
    from: grant.from,
    key: { type: grant.key.type, fingerprint: grant.key.fingerprint },
    line: grant.line,
  }));
  const { problems, staleReason } = current;
  return jsonText({ grants: listed, problems, staleReason }, context.slices);
}

async function grantsText(context: CallContext): Promise<string> {
  const current = seenBy(context);
  const header = ['ENGINEER', 'ROLE', 'SESSIONS', 'UNTIL', 'FROM', 'KEY', 'LINE'];
  const fit = { cols: context.terminal?.cols, order: GIVE_WAY };
  const table =
    current.grants.length === 0
      ? `nobody has access (give it with: ${context.program} grant NAME --role ROLE --key FILE)\n`
      : await textTable({ header, rows: rowsOf(current.grants), fit }, context.slices);
  const problems = current.problems.map(({ line, reason }) => `bad line ${line}: ${reason}\n`);
  const stale = current.staleReason === null ? '' : `not up to date: ${current.staleReason}\n`;
  return table + problems.join('') + stale;
}

function* rowsOf(grants: readonly Grant[]): Generator<string[]> {
  for (const grant of grants) yield rowOf(grant);
}

function rowOf(grant: Grant): string[] {
  return [
    grant.engineer,
    grant.role,
    grant.sessions === 'all' ? 'all' : grant.sessions.join(','),
    untilText(grant),
    grant.from ?? 'anywhere',
    `${grant.key.type} ${grant.key.fingerprint}`,
    `${grant.line}`,
  ];
}

function untilText(grant: Grant): string {
  if (grant.expiresAt === null) return 'for ever';
  const time = localTimeText(grant.expiresAt);
  return hasExpired(grant, Date.now()) ? `${time} (expired)` : time;
}
