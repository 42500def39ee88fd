import { visible } from '../base/visible.js';
import {
  type EventsPage,
  type HostEvent,
  MAX_EVENT_TEXT,
  MAX_EVENTS_PER_PAGE,
  MAX_KEPT_EVENTS,
} from '../link/host-event.js';
import { type AnswerPiece, notePiece } from './answer-piece.js';
import type { CommandContext } from './context.js';
import type { Follower } from './follower.js';
import { getLines, getSince } from './listing-options.js';
import { getGateway } from './pane-target.js';
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
  isOffline: false,
  summary: 'show what happened to sessions and panes',
  examples: ['events', 'events --follow', 'events --since 2h --json'],
  declare: (command, take) => {
    command
      .option('-f, --follow', 'go on with what happens, until Ctrl-C')
      .option('--json', 'print a JSON object per line')
      .option('--since <time>', 'from then on: 10m, 2h, or 2030-05-31T18:00')
      .option('--lines <n>', 'the last N of them (20 unless --since is given)')
      .action((options: Options) => {
        const listing = listingOf(options);
        take({ files: [], run: (context) => Promise.resolve(run(context, listing)) });
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
  if (before.events.length > 0) yield textPiece(before.events.map(textOf));
  if (!follows) return;
  for await (const page of pagesAfter(before, context, follower)) {
    if ('kind' in page) {
      yield page;
      continue;
    }
    if (page.missed > 0) yield notePiece(`${page.missed} events are not kept any more`);
    const seen = page.events.filter((event) => maySee(context, event));
    if (seen.length > 0) yield textPiece(seen.map(textOf));
  }
}

/** Every page of what happens from then on, and sentences about a host that is away. */
async function* pagesAfter(
  before: Place,
  context: CommandContext,
  follower: Follower,
): AsyncGenerator<AnswerPiece | EventsPage> {
  const { link } = getGateway(context);
  for (let { last, at } = before; ; ) {
    const page = yield* follower.ask(link, () =>
      link.events({ after: last, count: MAX_EVENTS_PER_PAGE, waitMs: WAIT_MS }),
    );
    if (isOfAnotherRecord(page, { last, at })) {
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

/** The host has given these numbers anew. */
function isOfAnotherRecord(page: EventsPage, { last, at }: Place): boolean {
  const isKnown = at !== null && page.afterAt !== null;
  return page.last < last || (isKnown && at !== page.afterAt);
}

interface Place {
  /** The number after which nothing was looked at. */
  readonly last: number;
  /** When that event happened, epoch ms; null where it was not seen. */
  readonly at: number | null;
}

interface Last extends Place {
  readonly events: readonly HostEvent[];
}

/** The newest events that the caller may see. */
async function findLast(
  context: CommandContext,
  follower: Follower,
  { since, lines }: Pick<Listing, 'since' | 'lines'>,
): Promise<Last> {
  const { link } = getGateway(context);
  const count = MAX_EVENTS_PER_PAGE;
  let found: HostEvent[] = [];
  for (let after = -Math.max(1, Math.min(lines, count)); ; ) {
    const page = await follower.until(link.events({ after, count, waitMs: 0 }));
    const meant = page.events.filter((event) => event.at >= since && maySee(context, event));
    // The last ones of everybody's may be fewer than asked for: then all that are kept are looked at.
    if (after < 0 && meant.length < lines) {
      after = 0;
      continue;
    }
    found = lines === 0 ? [] : [...found, ...meant].slice(-lines);
    const newest = page.events.at(-1);
    if (newest === undefined || newest.number >= page.last) {
      return { events: found, last: page.last, at: newest?.at ?? null };
    }
    after = newest.number;
  }
}

/** What is about the host itself is for those who may change it. */
function maySee({ roleIn, adminScope }: CommandContext, { session }: HostEvent): boolean {
  if (session !== null) return roleIn(session) !== undefined;
  return adminScope() === 'all';
}

function textPiece(lines: readonly string[]): AnswerPiece {
  return { kind: 'text', text: lines.join('') };
}

function eventText({ at, session, pane, kind, text, by }: HostEvent): string {
  const time = new Date(at).toISOString().replace('T', ' ').slice(0, 19);
  const place = [session ?? 'host', pane].filter((part) => part !== null).join(':');
  const cause = by === null ? '' : ` (by ${visible(by)})`;
  return `${time}Z  ${place}  ${kind}  ${visible(text, MAX_EVENT_TEXT)}${cause}\n`;
}

function eventJson({ number, at, ...event }: HostEvent): string {
  return jsonLine({ number, at: new Date(at).toISOString(), ...event });
}
