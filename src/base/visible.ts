/** Longest text that `visible()` returns, in characters; a log line stays a line. */
const MAX_VISIBLE = 256;

/**
 * Makes text from outside safe for a terminal and a log: control characters, escape sequences,
 * bidirectional overrides and lone surrogates become `\x1b`-style escapes; long text is cut.
 */
export function visible(text: string, maxLength = MAX_VISIBLE): string {
  const cut = text.length > maxLength ? `${text.slice(0, maxLength)}…` : text;
  // \p{C}: control, format (bidi, zero width), surrogate, private and unassigned characters.
  return cut.replace(/[\p{C}\u2028\u2029\\]/gu, escapeCharacter);
}

function escapeCharacter(character: string): string {
  if (character === '\\') return '\\\\';
  const code = character.codePointAt(0) ?? 0;
  if (code <= 0xff) return `\\x${code.toString(16).padStart(2, '0')}`;
  return `\\u{${code.toString(16)}}`;
}
