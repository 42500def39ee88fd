/** Longest report we wait for the end of; longer is no report of a terminal. */
const MAX_REPORT_BYTES = 256;

const ESC = 0x1b;
/** Numbers of a mouse that moves with no button held, with every mix of modifiers (xterm, SGR 1006). */
const MOVES = '3[59]|4[37]|5[159]|63';
/** What a terminal says by itself: answers to queries, focus, mouse moves; nobody typed it. */
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
/** The beginning of one, cut off by the end of a piece. */
const BEGINNING = /^\u001b(?:$|\[[?><]?[\d;]*\$?$|[P\]_][^\u0007\u001b]*\u001b?$)/;

/**
 * Tells typing from what a driver's terminal sends by itself, so that an answer to a query does not
 * make its owner the one who sizes the window. A report may arrive in several pieces.
 */
export class TypingDetector {
  #pending = '';

  /** Whether it waits for what tells a report from a key. */
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
      // It may be the key Escape after all: then the next key tells.
      this.#pending = text;
      return false;
    }
    return text !== '';
  }
}
