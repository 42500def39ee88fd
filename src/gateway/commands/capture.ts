import { UsageError } from '../../base/errors.js';
import { type CaptureRequest, MAX_CAPTURE_LINES, type PaneAddress } from '../../base/pane.js';
import type { AnswerPiece } from './command-outcome.js';
import type { Follower } from './follower.js';
import { getLines } from './listing-options.js';
import { getGateway, getPaneAddress } from './pane-target.js';
import type { StreamedAnswer, Verb } from './verb.js';

interface Options {
  readonly lines?: string;
  readonly all?: true;
  readonly ansi?: true;
  readonly join?: true;
}

export const capture: Verb = {
  name: 'capture',
  role: 'observer',
  summary: 'print what a pane shows',
  examples: [
    'capture worker',
    'capture worker --lines 200',
    'capture pair:worker --all --ansi',
    'capture engine --join',
  ],
  declare: (command, take) => {
    command
      .argument('<pane>', 'PANE, or SESSION:PANE')
      .option('--lines <n>', 'the last N lines, scrollback included')
      .option('--all', 'the whole scrollback')
      .option('--ansi', 'keep colours and attributes')
      .option('--join', 'a line that tmux wrapped is one line')
      .action((pane: string, options: Options) => {
        const ask = { verb: 'capture', ...requestOf(options) } as const;
        take({
          onPane: { target: pane, ask },
          run: async (context) => {
            const address = await getPaneAddress(context, pane, 'observer');
            context.audit.paneCaptured({ actor: context.actor, ...address });
            const { link, captures } = getGateway(context);
            const take = () => link.pane({ ...address, ask });
            const texts = await captures.take(take, context.actor.engineer);
            await context.slices.next();
            return answerOf(address, texts);
          },
        });
      });
  },
};

function answerOf({ session }: PaneAddress, texts: readonly string[]): StreamedAnswer {
  // A character takes two bytes in memory at most; to count bytes of UTF-8 would take a while.
  const heldBytes = 2 * texts.reduce((sum, text) => sum + text.length, 0);
  return { session, follows: false, heldBytes, pieces: (follower) => piecesOf(texts, follower) };
}

async function* piecesOf(
  texts: readonly string[],
  follower: Follower,
): AsyncGenerator<AnswerPiece> {
  for (const text of texts) {
    yield { kind: 'text', text };
    await follower.turn();
  }
}

function requestOf(options: Options): CaptureRequest {
  if (options.all && options.lines !== undefined) {
    throw new UsageError('say either --lines or --all, not both');
  }
  const lines = options.all ? 'all' : getLines(options.lines, MAX_CAPTURE_LINES, 1);
  return { lines: lines ?? 'screen', ansi: options.ansi === true, join: options.join === true };
}
