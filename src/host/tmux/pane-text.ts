import { randomBytes } from 'node:crypto';
import { PageSize } from '../../base/page-size.js';
import type { CaptureRequest } from '../../base/pane.js';
import type { Slices } from '../../base/slices.js';
import { completeLines } from './captured-lines.js';
import { commandLine } from './command-line.js';
import {
  HistoryWalk,
  type PagesRequest,
  SEAM_LINES,
  stepOf,
  type WalkedPage,
  type WalkedPages,
} from './history-walk.js';
import { capturePage, capturePrinted, type PaneTarget } from './pane-history.js';
import { deferred, less, parseRows, rowArgs, variable } from './rows.js';
import type { TmuxServer } from './tmux-server.js';

const PIECE_CHARACTERS = 16 * 1024;
/** More than any scrollback has. */
const MAX_LINES = 1_000_000_000;

/**
 * The text of a pane as it is now, taken in pages with rests between them: lines ended by LF, blank ones at
 * the end removed. What the pane puts out meanwhile is not in it. Pieces of it, so that nobody has to handle
 * megabytes at once.
 *
 * @throws UnavailableError when the session has no such pane; RefusedError for too much text.
 */
export async function capturePane(
  server: TmuxServer,
  pane: PaneTarget,
  { lines: wanted, ansi, slices }: CaptureRequest & { readonly slices: Slices },
): Promise<readonly string[]> {
  const capture = ['capture-pane', '-p', ...(ansi ? ['-e'] : []), '-t', pane.id];
  const complete = async (lines: readonly string[]) =>
    ansi ? completeLines(lines, slices) : [...lines];
  const above = wanted === 'all' ? MAX_LINES : wanted === 'screen' ? 0 : wanted;
  const first = [...capture, '-S', `-${above}`, '-E', `${SEAM_LINES - 1 - above}`];
  // From one moment: what is on the screen now, and where the walk to it begins.
  const { captured, historySize, size } = await capturePage(server, pane, [
    ...[...capture, ';', ...first],
  ]);
  const screen = await complete(captured.slice(0, size.rows));
  const firstLine = Math.max(0, historySize - above);
  // tmux moves both ends of the range onto the lines that there are: never fewer than one.
  const end = Math.max(historySize - above + SEAM_LINES, firstLine + 1);
  const begun = captured.slice(size.rows).slice(0, Math.min(end, historySize) - firstLine);
  const walk = new HistoryWalk({
    ...{ firstLine, endLine: historySize, after: screen },
    size: new PageSize({ cols: size.cols, isStyled: ansi }),
    begun: await complete(begun),
    takePages: async (request) => {
      const { pages, costMs } = await captureFromTop(server, pane, { capture, request, slices });
      const completed = [];
      for (const page of pages) {
        completed.push({ ...page, captured: await complete(page.captured) });
      }
      return { pages: completed, costMs };
    },
  });
  const lines = [...(await walk.lines()), ...screen];
  return textOf(lines, typeof wanted === 'number' ? wanted : lines.length, slices);
}

/** Between two pages tmux does whatever else there is, and has time for an echo to come back. */
const REST_S = 0.002;

interface PagesFromTop {
  readonly capture: readonly string[];
  readonly request: PagesRequest;
  readonly slices: Slices;
}

/**
 * tmux counts from the top of the screen, which moves, so tmux does the sum. Lines may scroll off
 * between the sum and the capture: then the page begins later than asked for, and says where.
 */
async function captureFromTop(
  server: TmuxServer,
  pane: PaneTarget,
  { capture, request, slices }: PagesFromTop,
): Promise<WalkedPages> {
  // What the pane shows comes after it, and cannot know it.
  const mark = randomBytes(8).toString('hex');
  const { count } = request;
  const commands = Array.from({ length: request.pages }, (_, number) => {
    const line = request.firstLine + number * stepOf(request);
    const from = less(line, 'history_size');
    const to = less(line + count - 1, 'history_size');
    const numbersThen = `${mark} ${deferred(variable('history_size'))} ${from}`;
    const page = commandLine(
      ['display-message', '-p', '-t', pane.id, numbersThen],
      [...capture, '-S', from, '-E', to],
    );
    const rest = number === 0 ? [] : ['run-shell', '-d', `${REST_S}`, ';'];
    return [...rest, 'run-shell', '-C', '-t', pane.id, page];
  });
  const joined = commands.flatMap((command, at) => (at === 0 ? command : [';', ...command]));
  const { printed, size, historyLimit, costMs } = await capturePrinted(server, pane, joined);
  const pages: WalkedPage[] = [];
  for (const page of piecesAt(printed, `${mark} `)) {
    await slices.next();
    const [numbers = '', ...lines] = page.toString('utf8').split('\n');
    const [historySize = 0, start = 0] = numbers.slice(mark.length).trim().split(' ').map(Number);
    const firstLine = historySize + start;
    const length = Math.max(0, Math.min(count, historySize + size.rows - firstLine));
    pages.push({ firstLine, captured: lines.slice(0, length), historyLimit });
  }
  return { pages, costMs: costMs / request.pages };
}

/** Each begins where `mark` does. */
function piecesAt(printed: Buffer, mark: string): Buffer[] {
  const pieces: Buffer[] = [];
  for (let at = printed.indexOf(mark); at !== -1; ) {
    const next = printed.indexOf(mark, at + mark.length);
    pieces.push(printed.subarray(at, next === -1 ? printed.length : next));
    at = next;
  }
  return pieces;
}

async function textOf(lines: string[], count: number, slices: Slices): Promise<string[]> {
  while (lines.at(-1)?.trim() === '') lines.pop();
  const pieces: string[] = [];
  let piece: string[] = [];
  let characters = 0;
  await slices.next();
  for (const line of lines.slice(Math.max(0, lines.length - count))) {
    piece.push(line, '\n');
    characters += line.length + 1;
    if (characters < PIECE_CHARACTERS) continue;
    pieces.push(piece.join(''));
    [piece, characters] = [[], 0];
    if (slices.isOver) await slices.next();
  }
  return characters === 0 ? pieces : [...pieces, piece.join('')];
}

/** Above the screen; read in about 10 ms at most, in which nobody else is served. */
const MAX_LINES_ABOVE = 1_000;

const CURSOR = { cursorX: 'cursor_x', cursorY: 'cursor_y' } as const;
const NO_CURSOR = { cursorX: 0, cursorY: 0 };

export interface ShownLines {
  /** What scrolled off last and what is shown, wrapped lines joined, without blank ones at the end. */
  readonly lines: readonly string[];
  /** Whether the cursor stands in the last one. */
  readonly isOpen: boolean;
}

/**
 * The newest lines of a pane as text, from one moment.
 *
 * @throws UnavailableError when the session has no such pane; TmuxError.
 */
export async function readShown(server: TmuxServer, pane: PaneTarget): Promise<ShownLines> {
  const capture = ['capture-pane', '-p', '-t', pane.id];
  const { captured, size } = await capturePage(server, pane, [
    ...['display-message', ...rowArgs('display-message', CURSOR, ['-t', pane.id]), ';'],
    ...[...capture, ';', ...capture, '-J', '-S', `-${MAX_LINES_ABOVE}`],
  ]);
  const [{ cursorX, cursorY } = NO_CURSOR] = parseRows(captured.slice(0, 1), CURSOR);
  const screen = withoutBlankEnd(captured.slice(1, 1 + size.rows));
  const lines = withoutBlankEnd(captured.slice(1 + size.rows));
  const isOpen = cursorX > 0 && cursorY === screen.length - 1;
  const last = lines.at(-1) ?? '';
  // A prompt ends with a blank, which tmux does not tell from none.
  const isSpaced = isOpen && cursorX > (screen.at(-1)?.length ?? 0);
  return { lines: isSpaced ? [...lines.slice(0, -1), `${last} `] : lines, isOpen };
}

function withoutBlankEnd(captured: readonly string[]): string[] {
  const lines = captured.map((line) => line.trimEnd());
  while (lines.at(-1) === '') lines.pop();
  return lines;
}
