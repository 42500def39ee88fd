/** The longest report whose end is waited for: no terminal sends a longer one. */
const MAX_REPORT_BYTES = 256;

const ESC = 0x1b;
/** Numbers of a mouse that moves with no button held, with every mix of modifiers (xterm, SGR 1006). */
const MOVES = '3[59]|4[37]|5[159]|63';
/** What a terminal sends by itself (xterm control sequences): answers to queries, focus, mouse moves. */
const REPORT = new RegExp(
  `^\x1b(?:${[
    String.raw`\[\?[\d;]*\$?[cnuyR]`,
    String.raw`\[>[\d;]*c`,
    String.raw`\[\d+;\d+R`,
    String.raw`\[\d+n`,
    String.raw`\[\d+;\d+;\d+t`,
    String.raw`\[[IO]`,
    String.raw`\[<(?:${MOVES});\d+;\d+M`,
    String.raw`[P\]_][^\x07\x1b]*(?:\x07|\x1b\\)`,
  ].join('|')})`,
);
/** The beginning of a report that is cut off by the end of a piece. */
const BEGINNING = /^\u001b(?:$|\[[?><]?[\d;]*\$?$|[P\]_][^\u0007\u001b]*\u001b?$)/;

/**
 * Tells typing from what a driver's terminal sends by itself, so that an answer to a query does not count
 * as typing, by which the window is sized. A report may arrive in several pieces.
 */
export class TypingDetector {
  #pending = '';

  /** Whether the end of the input may be a key or the beginning of a report. */
  get isUndecided(): boolean {
    return this.#pending !== '';
  }

  /** Whether somebody typed in this piece of input. */
  isTyping(bytes: Uint8Array): boolean {
    if (this.#pending === '' && !bytes.includes(ESC)) return bytes.length > 0;
    let text = this.#pending + Buffer.from(bytes).toString('latin1');
    this.#pending = '';
    for (;;) {
      const report = REPORT.exec(text);
      if (report === null) break;
      text = text.slice(report[0].length);
    }
    if (text !== '' && text.length <= MAX_REPORT_BYTES && BEGINNING.test(text)) {
      // This may also be the key Escape: the next piece tells.
      this.#pending = text;
      return false;
    }
    return text !== '';
  }
}
