/** What tmux reads as one word without quotes, wherever it stands. */
const PLAIN = /^[A-Za-z0-9@,./_+-]+$/;
/** What means something within double quotes, and every byte beyond ASCII. */
const ESCAPED = /[^A-Za-z0-9 %@=,.:/_+{}|#-]/g;

/**
 * One line of commands as tmux parses it (tmux(1), PARSING SYNTAX). Arguments are in double quotes, with
 * octal escapes for every byte that is not plainly harmless, so that no text can end its argument.
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
