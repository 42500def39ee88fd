/**
 * Which rows go on in the next one, by the lines that tmux joins of them (tmux(1) capture-pane -J). Both are cut at
 * their ends in other ways, so that only what is no blank counts.
 */
export function wrappedRows(rows: readonly string[], joined: readonly string[]): number[] {
  const wrapped: number[] = [];
  let row = 0;
  for (const line of joined) {
    let left = inked(line);
    do {
      left -= inked(rows[row] ?? '');
      if (left > 0 && row < rows.length) wrapped.push(row);
      row += 1;
    } while (left > 0 && row < rows.length);
  }
  return wrapped;
}

function inked(text: string): number {
  return text.replaceAll(' ', '').length;
}
