/** A word as a shell takes it (sh(1), quoting), for people to read or to paste. */
export function shellWord(text: string): string {
  if (/^[\w@%+=:,./-]+$/.test(text)) return text;
  // Within double quotes a shell leaves all but these as it is.
  if (text.includes("'") && !/["$`\\!\n]/.test(text)) return `"${text}"`;
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** A command in one line: a text that a shell was given as it was written, a list as a shell would take it. */
export function commandText(argv: readonly string[]): string {
  const [shell, option, text, ...more] = argv;
  const isText = shell === '/bin/sh' && option === '-c' && text !== undefined && more.length === 0;
  return isText ? text : argv.map(shellWord).join(' ');
}
