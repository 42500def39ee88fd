/** Words that tmux reads as one word without quotes at any position. */
const PLAIN = /^[A-Za-z0-9@,./_+-]+$/;
/** Characters that mean something within double quotes, and all bytes beyond ASCII. */
const ESCAPED = /[^A-Za-z0-9 %@=,.:/_+{}|#-]/g;

/**
 * Writes one line of commands for tmux (tmux(1), PARSING SYNTAX). Arguments are in double quotes, with
 * octal escapes for every byte that is not on the list of harmless ones, so that none ends its argument.
 */
export function commandLine(...commands: readonly (readonly string[])[]): string {
  return commands.map((words) => words.map(quoted).join(' ')).join(' ; ');
}

function quoted(word: string): string {
  if (PLAIN.test(word)) return word;
  const bytes = Buffer.from(word, 'utf8').toString('latin1');
  return `"${bytes.replace(ESCAPED, octal)}"`;
}

function octal(byte: string): string {
  return `\\${byte.charCodeAt(0).toString(8).padStart(3, '0')}`;
}
