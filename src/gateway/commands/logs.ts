import { UsageError } from '../../base/errors.js';
import { MAX_OUTPUT_BYTES, type OutputPage, type OutputStart } from '../../base/output-page.js';
import type { PaneAddress } from '../../base/pane.js';
import type { AnswerPiece } from './command-outcome.js';
import type { CallContext, CommandContext } from './context.js';
import type { Follower } from './follower.js';
import { getLines, getSince } from './listing-options.js';
import { getGateway, getPaneAddress } from './pane-target.js';
import { PlainText } from './plain-text.js';
import type { StreamedAnswer, Verb } from './verb.js';

const MAX_LINES = 1_000_000;
/** Lines from before that somebody who follows sees first. */
const LINES_BEFORE_FOLLOWING = 10;
/** Short, so that the host does not wait long for somebody who went away. */
const WAIT_MS = 5_000;

const NOT_KEPT = 'not kept any more: keepOutput in triad.yaml';
const OTHER_STREAM = 'the output is read anew from here: what came before may be missing';

interface Options {
  readonly follow?: true;
  readonly since?: string;
  readonly lines?: string;
  readonly raw?: true;
}

interface Reading {
  readonly start: OutputStart;
  readonly follows: boolean;
  readonly isRaw: boolean;
}

export const logs: Verb = {
  name: 'logs',
  role: 'observer',
  summary: 'print what a pane has put out, as far as it is kept',
  examples: ['logs worker', 'logs worker --follow', 'logs worker --since 10m'],
  declare: (command, take) => {
    command
      .argument('<pane>', 'PANE, or SESSION:PANE')
      .option('-f, --follow', 'go on with what comes, until Ctrl-C')
      .option(
        '--since <time>',
        'from then on: 10m, 18:00, 2030-05-31T18:00, with a zone or in local time',
      )
      .option('--lines <n>', 'the last N lines (with --follow: 10 unless told otherwise)')
      .option('--raw', 'with escape sequences, as the pane put them out')
      .action((pane: string, options: Options) => {
        const reading = readingOf(options);
        take({ run: (context) => run(context, pane, reading) });
      });
  },
};

function readingOf(options: Options): Reading {
  const since = getSince(options.since, Date.now());
  const lines = getLines(options.lines, MAX_LINES);
  if (since !== undefined && lines !== undefined) {
    throw new UsageError('say either --since or --lines, not both');
  }
  const follows = options.follow === true;
  const before: OutputStart = follows ? { lines: LINES_BEFORE_FOLLOWING } : { at: 0 };
  const asked = lines === undefined ? before : { lines };
  return { start: since === undefined ? asked : { since }, follows, isRaw: options.raw === true };
}

async function run(context: CallContext, pane: string, reading: Reading): Promise<StreamedAnswer> {
  const address = await getPaneAddress(context, pane, 'observer');
  context.audit.outputRead({ actor: context.actor, ...address, follows: reading.follows });
  return {
    session: address.session,
    follows: reading.follows,
    pieces: (follower) => new PaneLog(context, address, reading).pieces(follower),
  };
}

/** One reading of a pane's output, page by page. */
class PaneLog {
  readonly #context: CommandContext;
  readonly #address: PaneAddress;
  readonly #reading: Reading;
  readonly #plain = new PlainText();
  readonly #raw = new TextDecoder('utf-8');
  #start: OutputStart;
  #stream: string | undefined;
  #isLineOpen = false;

  constructor(context: CommandContext, address: PaneAddress, reading: Reading) {
    this.#context = context;
    this.#address = address;
    this.#reading = reading;
    this.#start = reading.start;
  }

  async *pieces(follower: Follower): AsyncGenerator<AnswerPiece> {
    const { follows } = this.#reading;
    const end = follows ? Number.POSITIVE_INFINITY : await this.#findEnd(follower);
    for (let next = -1; next < end; ) {
      const page = yield* this.#readPage(follower);
      // Nothing came before the end that was found: another host has begun its offsets anew.
      if (!follows && page.next === next) break;
      next = page.next;
      const text = this.#textOf(page);
      this.#stream = page.stream;
      this.#start = { at: next, stream: page.stream, since: Date.now() };
      if (text !== '') yield { kind: 'text', text };
      if (follows && page.bytes.length === 0) await follower.rest();
    }
    if (this.#isLineOpen && !this.#reading.isRaw) yield { kind: 'text', text: '\n' };
  }

  /** Where to stop: a pane that goes on printing must not keep somebody who does not follow. */
  async #findEnd(follower: Follower): Promise<number> {
    const { link } = getGateway(this.#context);
    const request = { start: { lines: 0 }, maxBytes: 1, waitMs: 0 };
    return (await follower.until(link.output({ ...this.#address, ...request }))).next;
  }

  async *#readPage(follower: Follower): AsyncGenerator<AnswerPiece, OutputPage> {
    const { link } = getGateway(this.#context);
    const { follows } = this.#reading;
    return yield* follower.ask(link, () => {
      const waitMs = follows ? WAIT_MS : 0;
      const request = { start: this.#start, maxBytes: MAX_OUTPUT_BYTES, waitMs };
      return link.output({ ...this.#address, ...request });
    });
  }

  #textOf({ bytes, skipped, stream }: OutputPage): string {
    const isOther = this.#stream !== undefined && stream !== this.#stream;
    const told = skipped > 0 ? `${skipped} bytes before this are ${NOT_KEPT}` : OTHER_STREAM;
    const gap = skipped > 0 || isOther ? this.#gap(told) : '';
    const text = this.#reading.isRaw
      ? this.#raw.decode(bytes, { stream: true })
      : this.#plain.read(bytes);
    if (text !== '') this.#isLineOpen = !text.endsWith('\n');
    return gap + text;
  }

  #gap(told: string): string {
    this.#plain.forget();
    const before = this.#isLineOpen ? '\n' : '';
    this.#isLineOpen = false;
    return `${before}[triad: ${told}]\n`;
  }
}
