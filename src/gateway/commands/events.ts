import { localTimeText } from '../../base/calendar-time.js';
import {
  type EventPosition,
  type EventsPage,
  type HostEvent,
  isAnotherRecord,
  MAX_EVENT_TEXT,
  MAX_EVENTS_PER_PAGE,
  MAX_KEPT_EVENTS,
} from '../../base/host-event.js';
import { visible } from '../../base/visible.js';
import { type AnswerPiece, notePiece } from './command-outcome.js';
import type { CommandContext } from './context.js';
import type { Follower } from './follower.js';
import { getLines, getSince } from './listing-options.js';
import { getGateway, sessionFilter } from './pane-target.js';
import { jsonLine } from './text-table.js';
import type { StreamedAnswer, Verb } from './verb.js';

const DEFAULT_LINES = 20;
/** Short, so that the host does not wait long for somebody who went away. */
const WAIT_MS = 5_000;

interface Options {
  readonly follow?: true;
  readonly json?: true;
  readonly since?: string;
  readonly lines?: string;
}

interface Listing {
  readonly follows: boolean;
  readonly isJson: boolean;
  readonly since: number;
  readonly lines: number;
}

export const events: Verb = {
  name: 'events',
  role: 'observer',
  summary: 'show what happened to sessions and panes',
  examples: ['events', 'events --follow', 'events --since 2h --json'],
  declare: (command, take) => {
    command
      .option('-f, --follow', 'go on with what happens, until Ctrl-C')
      .option('--json', 'print a JSON object per line')
      .option(
        '--since <time>',
        'from then on: 10m, 18:00, 2030-05-31T18:00, with a zone or in local time',
      )
      .option('--lines <n>', 'the last N of them (20 unless --since is given)')
      .action((options: Options) => {
        const listing = listingOf(options);
        take({ run: (context) => Promise.resolve(run(context, listing)) });
      });
  },
};

function listingOf(options: Options): Listing {
  const since = getSince(options.since, Date.now());
  const most = since === undefined ? DEFAULT_LINES : MAX_KEPT_EVENTS;
  return {
    follows: options.follow === true,
    isJson: options.json === true,
    since: since ?? 0,
    lines: getLines(options.lines, MAX_KEPT_EVENTS) ?? most,
  };
}

function run(context: CommandContext, listing: Listing): StreamedAnswer {
  return {
    session: context.session,
    follows: listing.follows,
    pieces: (follower) => list(context, listing, follower),
  };
}

async function* list(
  context: CommandContext,
  { follows, isJson, since, lines }: Listing,
  follower: Follower,
): AsyncGenerator<AnswerPiece> {
  const textOf = isJson ? eventJson : eventText;
  const before = await findLast(context, follower, { since, lines });
  for await (const meant of eventsOf(before, context, follower)) {
    yield textPiece(meant.filter(({ at }) => at >= since).map(textOf));
  }
  if (!follows) return;
  for await (const page of pagesAfter(before, context, follower)) {
    if ('kind' in page) {
      yield page;
      continue;
    }
    if (page.missed > 0) yield notePiece(`${page.missed} events are not kept any more`);
    const seen = page.events.filter(eventFilter(context));
    if (seen.length > 0) yield textPiece(seen.map(textOf));
  }
}

/** Every page of what happens from then on, and sentences about a host that is away. */
async function* pagesAfter(
  before: EventPosition,
  context: CommandContext,
  follower: Follower,
): AsyncGenerator<AnswerPiece | EventsPage> {
  const { link } = getGateway(context);
  for (let { last, at } = before; ; ) {
    const page = yield* follower.ask(link, () =>
      link.events({ after: last, count: MAX_EVENTS_PER_PAGE, waitMs: WAIT_MS }),
    );
    if (isAnotherRecord(page, { last, at })) {
      [last, at] = [0, null];
      continue;
    }
    yield page;
    const newest = page.events.at(-1);
    if (newest === undefined) await follower.rest();
    last = newest?.number ?? last;
    at = newest?.at ?? page.afterAt;
  }
}

interface Last extends EventPosition {
  /** The number of the first event that is meant; undefined where none is. */
  readonly first: number | undefined;
}

/**
 * Finds where the newest events that are meant begin: they may be thousands, and are not all held.
 */
async function findLast(
  context: CommandContext,
  follower: Follower,
  { since, lines }: Pick<Listing, 'since' | 'lines'>,
): Promise<Last> {
  const { link } = getGateway(context);
  let numbers: number[] = [];
  for (let [from, after] = [-Math.max(1, lines), -Math.max(1, lines)]; ; ) {
    const page = await follower.until(
      link.events({ after, count: MAX_EVENTS_PER_PAGE, waitMs: 0 }),
    );
    const maySee = eventFilter(context);
    const meant = page.events.filter((event) => event.at >= since && maySee(event));
    numbers = [...numbers, ...meant.map(({ number }) => number)].slice(-Math.max(1, lines));
    const newest = page.events.at(-1);
    after = newest?.number ?? page.last;
    if (after < page.last) continue;
    if (from === 0 || numbers.length >= lines) {
      const first = lines === 0 ? undefined : numbers[0];
      return { first, last: page.last, at: newest?.at ?? null };
    }
    // Too few of the last events are the caller's to see: all that are kept are read.
    [from, after, numbers] = [0, 0, []];
  }
}

/** The events from the first that is meant to the last that was found, page by page. */
async function* eventsOf(
  { first, last }: Last,
  context: CommandContext,
  follower: Follower,
): AsyncGenerator<readonly HostEvent[]> {
  const { link } = getGateway(context);
  for (let after = (first ?? last + 1) - 1; after < last; ) {
    const request = { after, count: MAX_EVENTS_PER_PAGE, waitMs: 0 };
    const { events: page } = await follower.until(link.events(request));
    const maySee = eventFilter(context);
    const seen = page.filter((event) => event.number <= last && maySee(event));
    if (seen.length > 0) yield seen;
    after = page.at(-1)?.number ?? last;
  }
}

/** Which events of one page the caller may see; those about the host itself are for who may change it. */
function eventFilter(context: CommandContext): (event: HostEvent) => boolean {
  const maySee = sessionFilter(context);
  const isAdmin = context.adminScope() === 'all';
  return ({ session }) => (session === null ? isAdmin : maySee(session));
}

function textPiece(lines: readonly string[]): AnswerPiece {
  return { kind: 'text', text: lines.join('') };
}

function eventText({ at, session, pane, kind, text, by }: HostEvent): string {
  const subject = [session ?? 'host', pane].filter((part) => part !== null).join(':');
  const cause = by === null ? '' : ` (by ${visible(by)})`;
  return `${localTimeText(at)}  ${subject}  ${kind}  ${visible(text, MAX_EVENT_TEXT)}${cause}\n`;
}

function eventJson({ number, at, ...event }: HostEvent): string {
  return jsonLine({ number, at: new Date(at).toISOString(), ...event });
}
