import { createEmulator } from './emulator.js';
import type { Row } from './grid.js';
import { RowReader } from './row-reader.js';

/** No autowrap, since no line is longer than its row; what `SO` selects is line drawing (tmux, ACS). */
const PREPARE = '\x1b[?7l\x1b)0';

/**
 * Makes rows of lines as `capture-pane -p -e` gives them, one each. Styles last from a line to the next,
 * as tmux writes them. What is longer than `cols` is cut, what is shorter is padded.
 */
export async function rowsOf(lines: readonly string[], cols: number): Promise<readonly Row[]> {
  if (lines.length === 0) return [];
  const terminal = createEmulator({ cols, rows: lines.length });
  const placed = lines.map((line, index) => `\x1b[${index + 1};1H${line}`);
  await new Promise<void>((resolve) => terminal.write(PREPARE + placed.join(''), resolve));
  const buffer = terminal.buffer.active;
  const reader = new RowReader(buffer);
  const rows = lines.map((_, y) => reader.read({ buffer, y, cols }, () => undefined).row);
  terminal.dispose();
  return rows;
}
