import { isFrom } from './tmux-limits.js';

/** The options by which rows added up are the line that capture-pane -J joins: blanks at their ends count. */
export function rowOptions(version: string): readonly string[] {
  return isFrom(version, 3, 4) ? ['-N', '-T'] : ['-N'];
}

/**
 * Finds the rows that continue in the next one. `rows` were captured with `rowOptions`, `joined` with -J
 * and one row more (tmux(1) capture-pane).
 */
export function wrappedRows(rows: readonly string[], joined: readonly string[]): number[] {
  const wrapped: number[] = [];
  let row = 0;
  for (const [at, line] of joined.entries()) {
    let left = line.length - (rows[row]?.length ?? 0);
    // A row without cells belongs to this line, unless the next line has no characters.
    while (row < rows.length && (left > 0 || (rows[row + 1] === '' && joined[at + 1] !== ''))) {
      wrapped.push(row);
      row += 1;
      left -= rows[row]?.length ?? 0;
    }
    row += 1;
  }
  return wrapped;
}
