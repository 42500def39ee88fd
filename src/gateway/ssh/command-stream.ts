import { EXIT, type ExitCode } from '../../base/exit-codes.js';
import type { TerminalSize } from '../../base/terminal-size.js';
import { AnswerTerminal } from '../commands/answer-terminal.js';
import type { AnswerPiece, OutcomePiece } from '../commands/command-outcome.js';
import type { PacedOutput } from './paced-output.js';

const CTRL_C = 0x03;
const CTRL_D = 0x04;
const LETTER_Q = 0x71;

export interface CommandStreamOptions {
  readonly pieces: (signal: AbortSignal) => AsyncIterable<OutcomePiece>;
  readonly output: PacedOutput;
  /** The size of the client's terminal now; undefined where it has none. */
  readonly size: () => TerminalSize | undefined;
}

/** A command's answer that goes on: each piece waits until the client took the one before. */
export class CommandStream {
  readonly #options: CommandStreamOptions;
  readonly #terminal: AnswerTerminal;
  readonly #over = new AbortController();
  #end: { readonly exitCode: ExitCode; readonly sentence: string } | undefined;

  constructor(options: CommandStreamOptions) {
    this.#options = options;
    this.#terminal = new AnswerTerminal(options.size);
  }

  /** Resolves with the exit status when the last piece is written, or nobody wants it any more. */
  async run(): Promise<ExitCode> {
    let exitCode: ExitCode = EXIT.ok;
    for await (const piece of this.#options.pieces(this.#over.signal)) {
      if (this.#over.signal.aborted) break;
      if (piece.kind === 'end') exitCode = piece.exitCode;
      else await this.#write(piece);
    }
    await this.#options.output.write(this.#bytesOf(this.#terminal.leave()));
    if (this.#end === undefined) return exitCode;
    if (this.#end.sentence !== '') await this.#write({ kind: 'note', text: this.#end.sentence });
    return this.#end.exitCode;
  }

  /**
   * Takes keys of the client's terminal: `q`, Ctrl-C and Ctrl-D end the answer, others are dropped.
   */
  receive(bytes: Uint8Array): void {
    if (this.#options.size() === undefined) return;
    if (bytes.includes(CTRL_C)) this.stop(EXIT.interrupted, '');
    else if (bytes.includes(CTRL_D) || bytes.includes(LETTER_Q)) this.stop(EXIT.ok, '');
  }

  /**
   * Ends the answer with a sentence; what the client did not take yet is dropped. The first call
   * counts.
   */
  stop(exitCode: ExitCode, sentence: string): void {
    this.#end ??= { exitCode, sentence };
    this.#over.abort();
    this.#options.output.drop();
  }

  async #write(piece: AnswerPiece): Promise<void> {
    const text = this.#terminal.textOf(piece);
    const { output, size } = this.#options;
    if (piece.kind === 'note' && size() === undefined) await output.writeError(text);
    else await output.write(this.#bytesOf(text));
  }

  #bytesOf(text: string): Uint8Array {
    const hasTerminal = this.#options.size() !== undefined;
    return Buffer.from(hasTerminal ? text.replace(/\r?\n/g, '\r\n') : text);
  }
}
