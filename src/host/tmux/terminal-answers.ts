/** tmux asks before it draws for the first time. */
const MAX_ASKED_BYTES = 64 * 1024;
/** DA1, DA2 and XTVERSION (xterm's control sequences), each with the answer of a plain terminal. */
const ANSWERS: Readonly<Record<string, string>> = {
  '\x1b[c': '\x1b[?62;22c',
  '\x1b[>c': '\x1b[>0;0;0c',
  '\x1b[>q': '\x1bP>|triad\x1b\\',
};
const QUERY = /\u001b\[(?:c|>c|>q)/g;
/** One byte less than the longest query may have come with the piece before. */
const TAIL_CHARACTERS = 3;

/**
 * Answers what tmux asks a terminal when it attaches, always the same: a mirror has no terminal that
 * could, and nothing else is ever typed into it.
 */
export class TerminalAnswers {
  readonly #write: (bytes: Uint8Array) => void;
  #tail = '';
  #readBytes = 0;

  constructor(write: (bytes: Uint8Array) => void) {
    this.#write = write;
  }

  read(bytes: Uint8Array): void {
    if (this.#readBytes >= MAX_ASKED_BYTES) return;
    this.#readBytes += bytes.length;
    const text = this.#tail + Buffer.from(bytes).toString('latin1');
    let end = 0;
    for (const query of text.matchAll(QUERY)) {
      end = query.index + query[0].length;
      this.#write(Buffer.from(ANSWERS[query[0]] ?? ''));
    }
    this.#tail = text.slice(Math.max(end, text.length - TAIL_CHARACTERS));
  }
}
