import { PageSize } from '../../base/page-size.js';
import type { CaptureRequest } from '../../base/pane.js';
import type { Slices } from '../../base/slices.js';
import { joinedLines } from './captured-lines.js';
import {
  HistoryWalk,
  type PagesRequest,
  SEAM_LINES,
  type WalkedPage,
  type WalkedPages,
} from './history-walk.js';
import { pagesFromTop, piecesAt, sequence } from './pages-from-top.js';
import { capturePage, capturePrinted, type PaneTarget } from './pane-history.js';
import { RowCapture } from './row-capture.js';
import { parseRows, rowArgs } from './rows.js';
import type { TmuxServer } from './tmux-server.js';

const PIECE_CHARACTERS = 16 * 1024;
/** The count that stands for all lines: more than any scrollback has. */
const MAX_LINES = 1_000_000_000;

type Request = CaptureRequest & { readonly slices: Slices };

/**
 * Captures the text of a pane as it is now, in pages with pauses between them, without later output.
 *
 * @returns lines that end in LF, without blank ones at the end, in pieces of some kilobytes.
 * @throws UnavailableError when the session has no such pane; RefusedError for too much text.
 */
export async function capturePane(
  server: TmuxServer,
  pane: PaneTarget,
  request: Request,
): Promise<readonly string[]> {
  const { lines: wanted, join = false, slices } = request;
  let above = wanted === 'all' ? MAX_LINES : wanted === 'screen' ? 0 : wanted;
  for (;;) {
    const { rows, isWhole } = await captureRows(server, pane, request, above);
    withoutBlankRows(rows);
    if (typeof wanted !== 'number') return textOf(rows, 0, slices);
    const first = firstOf(rows, wanted);
    if (first !== undefined || isWhole || !join) return textOf(rows, first ?? 0, slices);
    // Lines of many rows were captured: twice as many rows are tried.
    above *= 2;
  }
}

/** Captures the screen, and so many rows above it. */
async function captureRows(
  server: TmuxServer,
  pane: PaneTarget,
  { ansi, join = false, slices }: Request,
  above: number,
): Promise<{ rows: string[]; isWhole: boolean }> {
  const { version } = server.program;
  const capture = new RowCapture({ pane: pane.id, version, ansi, join, slices });
  const begin = ['display-message', '-p', `${capture.mark} `];
  // The screen and the beginning of the walk are captured at the same moment.
  const { printed, historySize, size } = await capturePrinted(server, pane, [
    ...sequence(
      ...[begin, ...capture.commands(0)],
      ...[begin, ...capture.commands(-above, SEAM_LINES - above)],
    ),
  ]);
  const [shown = [], begun = []] = piecesAt(printed, `${capture.mark} `).map(linesOf);
  const screen = await capture.rowsOf(shown.slice(1), size.rows);
  const firstLine = Math.max(0, historySize - above);
  // tmux clamps both ends of the range to the lines that there are, so that it prints one at least.
  const end = Math.max(historySize - above + SEAM_LINES, firstLine + 1);
  const walk = new HistoryWalk({
    ...{ firstLine, endLine: historySize, after: screen },
    size: new PageSize({ cols: size.cols, isStyled: ansi }),
    begun: await capture.rowsOf(begun.slice(1), Math.min(end, historySize) - firstLine),
    takePages: (request) => captureFromTop(server, pane, { capture, request, slices }),
  });
  return { rows: [...(await walk.lines()), ...screen], isWhole: above >= historySize };
}

interface PagesFromTop {
  readonly capture: RowCapture;
  readonly request: PagesRequest;
  readonly slices: Slices;
}

async function captureFromTop(
  server: TmuxServer,
  pane: PaneTarget,
  { capture, request, slices }: PagesFromTop,
): Promise<WalkedPages> {
  const { count } = request;
  const commands = (line: number, address: (line: number) => string) =>
    capture.commands(line, line + count, address);
  const taken = await pagesFromTop(server, pane, { ...request, mark: capture.mark, commands });
  const pages: WalkedPage[] = [];
  for (const { printed, firstLine, length } of taken.pages) {
    await slices.next();
    const captured = await capture.rowsOf(linesOf(printed), length);
    pages.push({ firstLine, captured, historyLimit: taken.historyLimit });
  }
  return { pages, costMs: taken.costMs };
}

function linesOf(printed: Buffer): string[] {
  return printed.toString('utf8').split('\n').slice(0, -1);
}

function withoutBlankRows(rows: string[]): void {
  while (rows.at(-1)?.trim() === '') rows.pop();
  const last = rows.pop();
  if (last !== undefined) rows.push(last.endsWith('\n') ? last : `${last}\n`);
}

/** The row with which the last so many lines begin; undefined where that may be above these rows. */
function firstOf(rows: readonly string[], lines: number): number | undefined {
  let left = lines;
  for (let at = rows.length - 1; at >= 0; at -= 1) {
    if (rows[at]?.endsWith('\n') !== true) continue;
    if (left === 0) return at + 1;
    left -= 1;
  }
  return undefined;
}

async function textOf(rows: readonly string[], first: number, slices: Slices): Promise<string[]> {
  const pieces: string[] = [];
  let piece: string[] = [];
  let characters = 0;
  await slices.next();
  for (let at = first; at < rows.length; at += 1) {
    const row = rows[at] ?? '';
    const isBegun = piece.at(-1)?.endsWith('\n') === false;
    piece.push(isBegun ? joinedLines(piece.pop() ?? '', row) : row);
    characters += row.length;
    if (characters < PIECE_CHARACTERS) continue;
    pieces.push(piece.join(''));
    [piece, characters] = [[], 0];
    if (slices.isOver) await slices.next();
  }
  return characters === 0 ? pieces : [...pieces, piece.join('')];
}

/** How many lines above the screen are read, in 10 ms at most, during which tmux serves nobody else. */
const MAX_LINES_ABOVE = 1_000;

const CURSOR = { cursorX: 'cursor_x', cursorY: 'cursor_y' } as const;
const NO_CURSOR = { cursorX: 0, cursorY: 0 };

export interface ShownLines {
  /** The lines that scrolled off last, and the screen, with wrapped lines joined, without blank ends. */
  readonly lines: readonly string[];
  /** Whether the cursor is in the last line. */
  readonly isOpen: boolean;
}

/**
 * Reads the newest lines of a pane as text, all at the same moment.
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
  // A blank at the end of a prompt shows only in the position of the cursor.
  const isSpaced = isOpen && cursorX > (screen.at(-1)?.length ?? 0);
  return { lines: isSpaced ? [...lines.slice(0, -1), `${last} `] : lines, isOpen };
}

function withoutBlankEnd(captured: readonly string[]): string[] {
  const lines = captured.map((line) => line.trimEnd());
  while (lines.at(-1) === '') lines.pop();
  return lines;
}
