import type { IBuffer } from '@xterm/headless';
import type { ColumnRules } from '../../base/columns.js';
import type { LoopShare } from '../../base/loop-share.js';
import type { Slices } from '../../base/slices.js';
import type { TerminalSize } from '../../base/terminal-size.js';
import { createEmulator } from './emulator.js';
import type { Row } from './grid.js';
import { RowReader } from './row-reader.js';

/**
 * The emulator gets this much at once: even if all of it is colours, that takes less than a
 * millisecond.
 */
const PIECE_CHARACTERS = 4 * 1024;
/** Autowrap is off, so that a long line is cut; what `SO` selects is line drawing (tmux, ACS). */
const PREPARE = '\x1b[?7l\x1b)0';

/**
 * Makes rows of lines as `capture-pane -p -e` gives them, one each. Styles last from a line to the next,
 * as tmux writes them, and it works in slices. What is longer than `cols` is cut, what is shorter is padded.
 */
export async function rowsOf(
  lines: readonly string[],
  cols: number,
  slices: Slices,
  columns?: ColumnRules,
): Promise<readonly Row[]> {
  if (lines.length === 0) return [];
  const terminal = createEmulator({ cols, rows: lines.length }, columns);
  for (const piece of pieces(lines)) {
    await slices.next();
    await new Promise<void>((resolve) => terminal.write(piece, resolve));
  }
  await slices.next();
  const rows = await read(terminal.buffer.active, { cols, rows: lines.length }, slices);
  terminal.dispose();
  return rows;
}

/**
 * Makes rows as `rowsOf` does, in slices of the reader's turns.
 *
 * @throws BusyError where they have too much under way.
 */
export function rowsFor(
  reader: CapturedRowsReader,
  lines: readonly string[],
  cols: number,
): Promise<readonly Row[]> {
  const { share, owner, columns } = reader;
  return share.during(owner, (slices) => rowsOf(lines, cols, slices, columns));
}

export interface CapturedRowsReader {
  readonly share: LoopShare;
  readonly owner: string;
  /** How the session's tmux counts columns; where it has not told, as tmux 3.3 does. */
  readonly columns: ColumnRules | undefined;
}

/**
 * Cuts the lines into pieces so short that the emulator, which parses each in one go, holds up
 * nothing.
 */
function pieces(lines: readonly string[]): string[] {
  const done: string[] = [];
  let piece = PREPARE;
  lines.forEach((line, index) => {
    piece += `\x1b[${index + 1};1H${line}`;
    if (piece.length < PIECE_CHARACTERS) return;
    done.push(piece);
    piece = '';
  });
  return [...done, piece];
}

async function read(buffer: IBuffer, size: TerminalSize, slices: Slices): Promise<Row[]> {
  const reader = new RowReader(buffer);
  const rows: Row[] = [];
  for (let y = 0; y < size.rows; y += 1) {
    rows.push(reader.read({ buffer, y, cols: size.cols }, () => undefined).row);
    if (slices.isOver) await slices.next();
  }
  return rows;
}
