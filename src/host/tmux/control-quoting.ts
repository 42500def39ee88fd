const HARMLESS = /[A-Za-z0-9 %@=,.:/_+-]/;

/**
 * Quotes an argument for a line of tmux control mode (tmux(1), PARSING SYNTAX): double quotes with
 * octal escapes for every byte that is not plainly harmless, so that no text can end the argument.
 */
export function quoteArgument(text: string): string {
  let quoted = '"';
  for (const byte of Buffer.from(text, 'utf8')) {
    const character = String.fromCharCode(byte);
    quoted += HARMLESS.test(character) ? character : `\\${byte.toString(8).padStart(3, '0')}`;
  }
  return `${quoted}"`;
}
