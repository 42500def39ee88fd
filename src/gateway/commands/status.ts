import { localTimeText } from '../../base/calendar-time.js';
import type { PaneDescription } from '../../base/pane.js';
import type { SessionDescription } from '../../base/session-description.js';
import { visible } from '../../base/visible.js';
import { LinkLostError } from '../../link/link-lost.js';
import { isoTime } from './amount-text.js';
import type { AnswerPiece } from './command-outcome.js';
import type { ConnectionCounts } from './connection-info.js';
import type { CallContext, CommandContext } from './context.js';
import type { Follower } from './follower.js';
import { describeSessions, getGateway, sessionFilter } from './pane-target.js';
import { attentionText, sessionText } from './session-report.js';
import { folded, jsonLine, jsonText } from './text-table.js';
import type { Verb } from './verb.js';
import { whoText } from './who.js';

const WATCH_INTERVAL_MS = 1_000;
/** Shortest interval, however much happens: nobody reads faster. */
const LEAST_INTERVAL_MS = 200;
const WAIT_MS = WATCH_INTERVAL_MS - LEAST_INTERVAL_MS;

interface Options {
  readonly json?: true;
  readonly watch?: true;
}

export const status: Verb = {
  name: 'status',
  role: 'observer',
  summary: 'show sessions, panes, the gateway and who is attached',
  examples: ['status', 'status --watch', 'status --json'],
  declare: (command, take) => {
    command
      .option('-w, --watch', 'show it again on each change, until Ctrl-C')
      .option('--json', 'print JSON; with --watch, an object per line')
      .action((options: Options) => {
        take({ run: async (context) => run(context, options) });
      });
  },
};

async function run(context: CallContext, options: Options) {
  if (options.watch === true) {
    const pieces = (follower: Follower) => watch(context, follower, options.json === true);
    return { session: context.session, follows: true, pieces };
  }
  const seen = snapshot(context, await describeSessions(context));
  const { slices } = context;
  return options.json === true ? jsonText(statusJson(seen), slices) : statusText(context, seen);
}

/** What the caller may see of everything at one moment. */
interface Seen {
  readonly sessions: readonly SessionDescription[];
  readonly gateway: ReturnType<ReturnType<typeof getGateway>['describe']>;
  readonly attachments: ReturnType<ReturnType<typeof getGateway>['attachments']['list']>;
}

function snapshot(context: CommandContext, sessions: readonly SessionDescription[]): Seen {
  const gateway = getGateway(context);
  const maySee = sessionFilter(context);
  return {
    sessions: sessions.filter(({ name }) => maySee(name)),
    gateway: gateway.describe(),
    attachments: gateway.attachments.list().filter(({ session }) => maySee(session)),
  };
}

async function* watch(
  context: CommandContext,
  follower: Follower,
  isJson: boolean,
): AsyncGenerator<AnswerPiece> {
  const { link } = getGateway(context);
  let after = -1;
  for (;;) {
    yield await piece(context, follower, isJson);
    // A host that cannot tell of events is asked for its sessions all the same.
    const request = { after, count: 1, waitMs: after < 0 ? 0 : WAIT_MS };
    const page = await follower.until(link.events(request).catch(() => undefined));
    const hasWaited = page !== undefined && after >= 0;
    after = page?.last ?? -1;
    await follower.pause(hasWaited ? LEAST_INTERVAL_MS : WATCH_INTERVAL_MS);
  }
}

async function piece(
  context: CommandContext,
  follower: Follower,
  isJson: boolean,
): Promise<AnswerPiece> {
  try {
    const { link } = getGateway(context);
    const seen = snapshot(context, await follower.until(link.describe({})));
    if (isJson) return { kind: 'text', text: jsonLine(statusJson(seen)) };
    return {
      kind: 'screen',
      text: await statusText({ ...context, slices: follower.slices }, seen),
    };
  } catch (error) {
    if (!(error instanceof LinkLostError)) throw error;
    const text = 'triad: the host cannot be reached, waiting for it\n';
    return { kind: isJson ? 'note' : 'screen', text };
  }
}

async function statusText(
  { terminal, slices }: CallContext,
  { sessions, gateway, attachments }: Seen,
): Promise<string> {
  const view = { now: Date.now(), terminal, slices };
  const tables: string[] = [];
  for (const session of sessions) tables.push(await sessionText(session, view));
  const listens = `gateway: ${gateway.listen.join(', ')}, since ${localTimeText(Date.parse(gateway.startedAt))}\n`;
  const keys = gateway.hostKeys.map(({ type, fingerprint }) => `  ${type} ${fingerprint}\n`);
  const connections = connectionsText(gateway.connections);
  const fold = (text: string) => folded(text, terminal?.cols);
  const limits = fold(
    countsText('refused', gateway.refused) + countsText('displaced', gateway.displaced),
  );
  const attention = attentionText(sessions, terminal);
  const first = `${attention === '' ? '' : `${attention}\n\n`}${fold(problemsText(sessions, gateway))}`;
  return `${first}${tables.join('\n')}\n${fold(listens)}${keys.join('')}${connections}${limits}\n${await whoText(attachments, slices, terminal)}`;
}

function connectionsText({ open, max, loggedIn, guests }: ConnectionCounts): string {
  const guestText = guests === 0 ? '' : ` (${guests} as guests)`;
  return `connections: ${loggedIn} of ${max}${guestText}, ${open - loggedIn} not logged in\n`;
}

/** What the host and the gateway cannot put right by themselves; empty while there is nothing. */
function problemsText(
  sessions: readonly SessionDescription[],
  { problems }: { readonly problems: readonly string[] },
): string {
  const all = new Set([...sessions.flatMap((session) => session.problems), ...problems]);
  if (all.size === 0) return '';
  return `${[...all].map((problem) => `problem: ${visible(problem)}\n`).join('')}\n`;
}

/** Empty while no limit was reached. */
function countsText(what: string, counts: Readonly<Record<string, number>>): string {
  const reached = Object.entries(counts).filter(([, count]) => count > 0);
  if (reached.length === 0) return '';
  return `${what}: ${reached.map(([limit, count]) => `${limit} ${count}`).join(', ')}\n`;
}

function statusJson({ sessions, gateway, attachments }: Seen): object {
  return { sessions: sessions.map(sessionJson), gateway, attachments };
}

function sessionJson(session: SessionDescription): object {
  const { name, state, socket, tmuxVersion, limits, adopted, problems, opened } = session;
  const panes = session.panes.map(paneJson);
  return { name, state, socket, tmuxVersion, limits, adopted, problems, panes, opened };
}

function paneJson(pane: PaneDescription): object {
  const { name, title, id, state, reason, since, pid, command, restarts, crashes } = pane;
  const { startedAt, startsAt, lastExit, question, telemetry, leftBehind, problems } = pane;
  return {
    ...{ name, title, id, state, reason, since: isoTime(since), pid, command, restarts, crashes },
    ...{ startedAt: isoTime(startedAt), startsAt: isoTime(startsAt) },
    lastExit: lastExit === null ? null : { ...lastExit, at: isoTime(lastExit.at) },
    question,
    telemetry: { ...telemetry, lastOutputAt: isoTime(telemetry.lastOutputAt) },
    ...{ leftBehind, problems },
  };
}
