/** Longest text that `visible()` returns, in characters; a log line stays a line. */
const MAX_VISIBLE = 256;

/** \p{C}: control, format (bidi, zero width), surrogate, private and unassigned characters. */
const UNPRINTABLE = /[\p{C}\u2028\u2029]/gu;
/** As many as follow each other, so that a megabyte of them costs no million calls. */
const UNPRINTABLE_IN_LINES = /(?:[^\P{C}\t\n]|[\u2028\u2029])+/gu;
const UNPRINTABLE_OR_BACKSLASH = /[\p{C}\u2028\u2029\\]/gu;

/**
 * Makes text from outside safe for a terminal and a log: control characters, escape sequences,
 * bidirectional overrides and lone surrogates become `\x1b`-style escapes; long text is cut.
 */
export function visible(text: string, maxLength = MAX_VISIBLE): string {
  const cut = text.length > maxLength ? `${text.slice(0, maxLength)}…` : text;
  return cut.replace(UNPRINTABLE_OR_BACKSLASH, escapeCharacter);
}

/**
 * The same for text that is to be read as it is: whole, and its own backslashes are left alone, so that
 * an escape cannot be told from the same characters in the text.
 */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, escapeCharacter);
}

/** The same for many lines: tabs and newlines are left alone, too. */
export function printableLines(text: string): string {
  return text.replace(UNPRINTABLE_IN_LINES, escapeCharacters);
}

/** A value as JSON (RFC 8259) that is safe for a terminal, too. */
export function printableJson(value: unknown, indent?: number): string {
  const json = JSON.stringify(value, null, indent);
  const lines = json.split('\n').map((line) => line.replace(UNPRINTABLE, jsonEscapes));
  return lines.join('\n');
}

const BYTE_ESCAPES = Array.from({ length: 256 }, (_, code) =>
  escapeCharacter(String.fromCodePoint(code)),
);

function escapeCharacter(character: string): string {
  if (character === '\\') return '\\\\';
  const code = character.codePointAt(0) ?? 0;
  if (code <= 0xff) return `\\x${code.toString(16).padStart(2, '0')}`;
  return `\\u{${code.toString(16)}}`;
}

function escapeCharacters(characters: string): string {
  let escaped = '';
  for (let at = 0; at < characters.length; at += 1) {
    const code = characters.codePointAt(at) ?? 0;
    escaped += BYTE_ESCAPES[code] ?? escapeCharacter(String.fromCodePoint(code));
    if (code > 0xffff) at += 1;
  }
  return escaped;
}

/** JSON has escapes for UTF-16 units alone. */
function jsonEscapes(character: string): string {
  return Array.from({ length: character.length }, (_, index) => {
    const unit = character.charCodeAt(index);
    return `\\u${unit.toString(16).padStart(4, '0')}`;
  }).join('');
}
