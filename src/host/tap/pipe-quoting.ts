/**
 * Quotes a word of a shell command for tmux's `pipe-pane`, which first reads it as a date format
 * (strftime(3)) and as a format of its own (tmux(1), FORMATS), and then gives it to `sh -c`.
 */
export function quoteForPipe(word: string): string {
  // `##[` would stay as it is: the empty quotes keep the bracket away from it.
  const kept = word.replaceAll("'", `'\\''`).replaceAll('%', '%%').replaceAll('#', "##''");
  return `'${kept}'`;
}
