import { randomBytes } from 'node:crypto';
import { UnavailableError } from '../../base/errors.js';
import type { HistoryPage, HistoryRequest } from '../../base/history-page.js';
import type { PaneId } from '../../base/ids.js';
import type { Slices } from '../../base/slices.js';
import type { TerminalSize } from '../../base/terminal-size.js';
import { completeLines } from './captured-lines.js';
import { rowOptions, wrappedRows } from './joined-lines.js';
import { formatOf, isEqual, parseRows } from './rows.js';
import { TmuxError, type TmuxServer } from './tmux-server.js';

export interface PaneTarget {
  readonly sessionId: string;
  readonly id: PaneId;
}

/**
 * Captures lines of a pane, with the pane's size and history at the same moment.
 *
 * @throws UnavailableError when the session has no such pane; TmuxError.
 */
export async function captureHistory(
  server: TmuxServer,
  pane: PaneTarget,
  { slices, ...range }: HistoryRequest & { readonly slices: Slices },
): Promise<HistoryPage> {
  const last = range.firstLine + range.count - 1;
  // tmux clamps both ends of the range to the lines that there are, so that it prints one at least.
  const capture = (...options: readonly string[]) => [
    ...['capture-pane', '-p', '-t', pane.id, '-S', `${range.firstLine}`, ...options],
  ];
  const mark = randomBytes(8).toString('hex');
  const cut = [';', 'display-message', '-p', mark, ';'];
  const { captured, historySize, size, isAlternate, costMs } = await capturePage(server, pane, [
    ...[...capture('-E', `${last}`, '-e'), ...cut],
    // Only the next line shows whether the last one continues.
    ...[...capture('-E', `${last + 1}`, '-J'), ...cut],
    ...capture('-E', `${last}`, ...rowOptions(server.program.version)),
  ]);
  const firstLine = Math.max(range.firstLine, -historySize);
  const length = Math.max(0, Math.min(last, size.rows - 1) - firstLine + 1);
  const joinedAt = captured.indexOf(mark) + 1;
  const textsAt = captured.lastIndexOf(mark) + 1;
  const rows = captured.slice(textsAt, textsAt + length);
  return {
    ...{ firstLine, historySize, size, isAlternate, costMs },
    lines: await completeLines(captured.slice(0, length), slices),
    texts: rows.map(withoutBlankEnd),
    wrapped: wrappedRows(rows, captured.slice(joinedAt, textsAt - 1)),
  };
}

/** A row as tmux prints it without -N. */
function withoutBlankEnd(row: string): string {
  return row.replace(/ +$/, '');
}

const PAGE_FIELDS = {
  historySize: 'history_size',
  historyLimit: 'history_limit',
  cols: 'pane_width',
  rows: 'pane_height',
  isAlternate: 'alternate_on',
} as const;

export interface CapturedPage {
  /** The lines that tmux printed, and the empty text behind the last line end. */
  readonly captured: readonly string[];
  readonly historySize: number;
  /** The limit above which tmux drops the oldest tenth. */
  readonly historyLimit: number;
  readonly size: TerminalSize;
  readonly isAlternate: boolean;
  /** How long the tmux server ran for it, or how long it took where that is not known. */
  readonly costMs: number;
}

/** A captured page whose bytes are not decoded yet, which takes a while. */
export type RawPage = Omit<CapturedPage, 'captured'> & { readonly printed: Buffer };

/** Runs `capture`, a tmux command, and splits what it prints into lines. @throws as `capturePrinted`. */
export async function capturePage(
  server: TmuxServer,
  pane: PaneTarget,
  capture: readonly string[],
): Promise<CapturedPage> {
  const { printed, ...page } = await capturePrinted(server, pane, capture);
  return { captured: printed.toString('utf8').split('\n'), ...page };
}

/**
 * Runs `capture`, a tmux command, and asks for the pane's numbers at the same moment.
 *
 * It runs in a client of its own, not over the control connection: a pane's content could hold a line
 * that looks like the end of an answer there.
 *
 * @throws UnavailableError when the session has no such pane; TmuxError.
 */
export async function capturePrinted(
  server: TmuxServer,
  pane: PaneTarget,
  capture: readonly string[],
): Promise<RawPage> {
  // A random mark is in front of the numbers: what the pane shows comes behind it, and cannot forge it.
  const mark = randomBytes(8).toString('hex');
  const format = `${mark} ${formatOf(PAGE_FIELDS)}`;
  const isPane = isEqual('pane_id', pane.id);
  const [ranBefore, askedAt] = [server.program.ranMs, performance.now()];
  const answer = await asked(server, [
    ...['list-panes', '-s', '-t', pane.sessionId, '-f', isPane, '-F', format, ';', ...capture],
  ]);
  const ran = (server.program.ranMs ?? Number.NaN) - (ranBefore ?? Number.NaN);
  const costMs = ran > 0 ? ran : performance.now() - askedAt;
  const end = answer.indexOf('\n');
  const head = answer.toString('utf8', 0, Math.max(0, end));
  const [row] = head.startsWith(`${mark} `)
    ? parseRows([head.slice(mark.length + 1)], PAGE_FIELDS)
    : [];
  if (row === undefined) throw new UnavailableError(`there is no pane ${pane.id}`);
  const { cols, rows, ...page } = row;
  return { printed: answer.subarray(end + 1), ...page, size: { cols, rows }, costMs };
}

async function asked(server: TmuxServer, args: readonly string[]): Promise<Buffer> {
  try {
    return await server.run(args);
  } catch (error) {
    if (!(error instanceof TmuxError)) throw error;
    throw new UnavailableError('the pane or its session is not there', { cause: error });
  }
}
