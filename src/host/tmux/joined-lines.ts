import { isFrom } from './tmux-limits.js';

/** With these, rows one after the other are what tmux joins of them (tmux(1) capture-pane -J): blanks at their ends count. */
export function rowOptions(version: string): readonly string[] {
  return isFrom(version, 3, 4) ? ['-N', '-T'] : ['-N'];
}

/**
 * Which rows go on in the next one, by the lines that tmux joins of them: captured by `rowOptions`, and by `-J` with
 * one row more.
 */
export function wrappedRows(rows: readonly string[], joined: readonly string[]): number[] {
  const wrapped: number[] = [];
  let row = 0;
  for (const [at, line] of joined.entries()) {
    let left = line.length - (rows[row]?.length ?? 0);
    // A row without cells is one of its own where a line without characters comes next.
    while (row < rows.length && (left > 0 || (rows[row + 1] === '' && joined[at + 1] !== ''))) {
      wrapped.push(row);
      row += 1;
      left -= rows[row]?.length ?? 0;
    }
    row += 1;
  }
  return wrapped;
}
