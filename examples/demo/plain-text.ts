/**
 * Makes text from outside safe for a terminal: control characters, escape sequences and
 * bidirectional overrides become `\x1b`-style escapes; long text is cut.
 */
export function visible(text: string, maxLength: number): string {
  const cut = text.length > maxLength ? `${text.slice(0, maxLength)}…` : text;
  return cut.replace(/[\p{C}\u2028\u2029]/gu, (character) => {
    const code = character.codePointAt(0) ?? 0;
    return code <= 0xff ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`;
  });
}

const WIDE =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}/u;

/** How many cells a terminal gives to visible text: wide characters take two, marks none. */
export function textWidth(text: string): number {
  let width = 0;
  for (const character of text) width += characterWidth(character);
  return width;
}

function characterWidth(character: string): number {
  if (/\p{M}/u.test(character)) return 0;
  return WIDE.test(character) ? 2 : 1;
}

/** Cuts visible text to at most `width` cells, with an ellipsis where something is missing. */
export function fitText(text: string, width: number): string {
  if (textWidth(text) <= width) return text;
  return `${takeCells(text, Math.max(0, width - 1))}…`;
}

/** Visible text in lines of at most `width` cells, at most `maxLines` of them. */
export function wrapText(text: string, width: number, maxLines: number): string[] {
  const lines: string[] = [];
  let rest = text;
  while (lines.length < maxLines - 1 && textWidth(rest) > width) {
    const head = takeCells(rest, width);
    // A line too narrow for one wide character cannot be wrapped, only cut.
    if (head === '') break;
    lines.push(head);
    rest = rest.slice(head.length);
  }
  lines.push(fitText(rest, width));
  return lines;
}

/** `text` with spaces up to `width` cells. */
export function padText(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - textWidth(text)));
}

function takeCells(text: string, width: number): string {
  let taken = '';
  let cells = 0;
  for (const character of text) {
    cells += characterWidth(character);
    if (cells > width) break;
    taken += character;
  }
  return taken;
}
