import { commandLine } from './command-line.js';
import type { PagesRequest } from './history-walk.js';
import { capturePrinted, type PaneTarget } from './pane-history.js';
import { deferred, less, variable } from './rows.js';
import type { TmuxServer } from './tmux-server.js';

/** Between two pages tmux does whatever else there is, and has time for an echo to come back. */
const REST_S = 0.002;

/** What was printed of the lines that there were of a page. */
interface PageFromTop {
  readonly printed: Buffer;
  /** By its number from the top; later than asked for where lines scrolled off meanwhile. */
  readonly firstLine: number;
  readonly length: number;
  /** When it was captured. */
  readonly historySize: number;
}

export interface PagesFromTop {
  readonly pages: readonly PageFromTop[];
  readonly rows: number;
  readonly historyLimit: number;
  /** What one of them took of tmux. */
  readonly costMs: number;
}

interface CaptureFromTop extends PagesRequest {
  /** What the pane shows cannot know it. */
  readonly mark: string;
  /** Commands that capture the page that begins with this line. */
  readonly commands: (
    line: number,
    address: (line: number) => string,
  ) => readonly (readonly string[])[];
}

/**
 * Captures pages by the numbers of lines from the top of the scrollback, in one client, with rests between them.
 *
 * tmux counts from the top of the screen, which moves, so tmux does the sum. Lines may scroll off
 * between the sum and the capture: then the page begins later than asked for, and says where.
 */
export async function pagesFromTop(
  server: TmuxServer,
  pane: PaneTarget,
  { mark, commands, ...request }: CaptureFromTop,
): Promise<PagesFromTop> {
  const fromTop = (line: number) => less(line, 'history_size');
  const runs = Array.from({ length: request.pages }, (_, number) => {
    const line = request.firstLine + number * request.step;
    const numbersThen = `${mark} ${deferred(variable('history_size'))} ${fromTop(line)}`;
    const page = commandLine(
      ['display-message', '-p', '-t', pane.id, numbersThen],
      ...commands(line, fromTop),
    );
    const run = ['run-shell', '-C', '-t', pane.id, page];
    return number === 0 ? run : sequence(['run-shell', '-d', `${REST_S}`], run);
  });
  const taken = await capturePrinted(server, pane, sequence(...runs));
  const { printed, size, historyLimit, costMs } = taken;
  const pages = piecesAt(printed, `${mark} `).map((piece) => {
    const end = piece.indexOf('\n');
    const [, historySize = 0, start = 0] = piece.toString('utf8', 0, end).split(' ').map(Number);
    const firstLine = historySize + start;
    const length = Math.max(0, Math.min(request.count, historySize + size.rows - firstLine));
    return { printed: piece.subarray(end + 1), firstLine, length, historySize };
  });
  return { pages, rows: size.rows, historyLimit, costMs: costMs / request.pages };
}

/** One command after the other, for a client of tmux's. */
export function sequence(...commands: readonly (readonly string[])[]): string[] {
  return commands.flatMap((command, at) => (at === 0 ? command : [';', ...command]));
}

/** Each begins where `mark` does. */
export function piecesAt(printed: Buffer, mark: string): Buffer[] {
  const pieces: Buffer[] = [];
  for (let at = printed.indexOf(mark); at !== -1; ) {
    const next = printed.indexOf(mark, at + mark.length);
    pieces.push(printed.subarray(at, next === -1 ? printed.length : next));
    at = next;
  }
  return pieces;
}
