/** Longest text that `visible()` returns, in characters; a log line stays a line. */
const MAX_VISIBLE = 256;

/** \p{C}: control, format (bidi, zero width), surrogate, private and unassigned characters. */
const UNPRINTABLE = /[\p{C}\u2028\u2029]/gu;
const UNPRINTABLE_IN_LINES = /[^\P{C}\t\n]|[\u2028\u2029]/u;
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
 * As `visible`, for text that is to be read as it is: it stays whole, and its own backslashes are
 * left alone, so that an escape cannot be told from the same characters in the text.
 */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, escapeCharacter);
}

/**
 * As `printable`, for many lines: tabs and newlines are left alone, too. A mebibyte of what is
 * escaped has to take milliseconds, so it goes by a table, into one piece of memory.
 */
export function printableLines(text: string): string {
  if (!UNPRINTABLE_IN_LINES.test(text)) return text;
  const units = new Uint16Array(text.length * UNITS_OF_ESCAPE);
  let end = 0;
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    if (KINDS[unit] === PRINTABLE) {
      units[end] = unit;
      end += 1;
      continue;
    }
    const code = text.codePointAt(at) ?? 0;
    if (code > MAX_UNIT) at += 1;
    end = isPrintable(code) ? putCharacter(units, end, code) : putEscape(units, end, code);
  }
  return Buffer.from(units.buffer, 0, end * 2).toString('utf16le');
}

/** The longest escape of a character of one UTF-16 unit: `\u{ffff}`. */
const UNITS_OF_ESCAPE = 8;
const MAX_UNIT = 0xffff;
const PRINTABLE = 1;
const ESCAPED = 2;
/**
 * What is known of each code point met so far: a regular expression for each of a megabyte takes a
 * tenth of a second.
 */
const KINDS = new Uint8Array(0x110000);
const DIGITS = Buffer.from('0123456789abcdef');
const [BACKSLASH = 0, LETTER_X = 0, LETTER_U = 0, OPEN = 0, CLOSE = 0] = Buffer.from('\\xu{}');

function isPrintable(code: number): boolean {
  if (KINDS[code] === 0) {
    const isEscaped = UNPRINTABLE_IN_LINES.test(String.fromCodePoint(code));
    KINDS[code] = isEscaped ? ESCAPED : PRINTABLE;
  }
  return KINDS[code] === PRINTABLE;
}

/** Puts a character into `units` as UTF-16. @returns where it ends. */
function putCharacter(units: Uint16Array, start: number, code: number): number {
  if (code <= MAX_UNIT) {
    units[start] = code;
    return start + 1;
  }
  units[start] = 0xd800 | ((code - 0x10000) >> 10);
  units[start + 1] = 0xdc00 | ((code - 0x10000) & 0x3ff);
  return start + 2;
}

/** Puts the escape that `escapeCharacter` gives into `units`. @returns where it ends. */
function putEscape(units: Uint16Array, start: number, code: number): number {
  const isByte = code <= 0xff;
  let end = start;
  units[end++] = BACKSLASH;
  units[end++] = isByte ? LETTER_X : LETTER_U;
  if (!isByte) units[end++] = OPEN;
  for (let shift = isByte ? 4 : topDigit(code); shift >= 0; shift -= 4) {
    units[end++] = DIGITS[(code >> shift) & 0xf] ?? 0;
  }
  if (!isByte) units[end++] = CLOSE;
  return end;
}

/** How far a number has to be shifted right for its first hexadecimal digit. */
function topDigit(code: number): number {
  return 28 - (Math.clz32(code) & ~3);
}

/** A value as JSON (RFC 8259) that is safe for a terminal, too. */
export function printableJson(value: unknown, indent?: number): string {
  const json = JSON.stringify(value, null, indent);
  const lines = json.split('\n').map((line) => line.replace(UNPRINTABLE, jsonEscapes));
  return lines.join('\n');
}

function escapeCharacter(character: string): string {
  if (character === '\\') return '\\\\';
  const code = character.codePointAt(0) ?? 0;
  if (code <= 0xff) return `\\x${code.toString(16).padStart(2, '0')}`;
  return `\\u{${code.toString(16)}}`;
}

/** The escapes of a character in JSON, which has them only for UTF-16 units (RFC 8259 §7). */
function jsonEscapes(character: string): string {
  return Array.from({ length: character.length }, (_, index) => {
    const unit = character.charCodeAt(index);
    return `\\u${unit.toString(16).padStart(4, '0')}`;
  }).join('');
}
