import { capturePage, type PanePlace } from './pane-history.js';
import { parseRows, rowArgs } from './rows.js';
import type { TmuxServer } from './tmux-server.js';

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
export async function readShown(server: TmuxServer, pane: PanePlace): Promise<ShownLines> {
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
