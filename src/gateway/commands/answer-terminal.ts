import type { TerminalSize } from '../../base/terminal-size.js';
import type { AnswerPiece } from './command-outcome.js';

/** Alternate screen, no cursor, and lines that are cut instead of wrapped (xterm control sequences). */
const ENTER = '\x1b[?1049h\x1b[?25l\x1b[?7l';
const LEAVE = '\x1b[?7h\x1b[?25h\x1b[?1049l';

/**
 * What the caller's terminal gets for the pieces of an answer. Screens are painted over each other on a terminal's alternate
 * screen, which `leave` puts away; where there is no terminal they follow each other.
 */
export class AnswerTerminal {
  readonly #size: () => TerminalSize | undefined;
  #isPainting = false;

  /** @param size of the terminal now; undefined where there is none. */
  constructor(size: () => TerminalSize | undefined) {
    this.#size = size;
  }

  /** The text for a piece; that of a note is for standard error, where it is apart. */
  textOf(piece: AnswerPiece): string {
    const size = this.#size();
    if (piece.kind !== 'screen') return this.leave() + piece.text;
    if (size === undefined) return `${piece.text}\n`;
    const enter = this.#isPainting ? '' : ENTER;
    this.#isPainting = true;
    return enter + painted(piece.text, size);
  }

  /** Gives the terminal back as it was. Idempotent. */
  leave(): string {
    const wasPainting = this.#isPainting;
    this.#isPainting = false;
    return wasPainting ? LEAVE : '';
  }
}

function painted(text: string, { rows }: TerminalSize): string {
  const lines = text.trimEnd().split('\n');
  const more = lines.length - rows;
  const shown = more > 0 ? [...lines.slice(0, rows - 1), `… ${more + 1} more lines`] : lines;
  return `\x1b[H${shown.map((line) => `${line}\x1b[K`).join('\r\n')}\x1b[J`;
}
