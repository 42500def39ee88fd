import { EXIT } from '../base/exit-codes.js';
import { AnswerTerminal } from '../gateway/commands/answer-terminal.js';
import type { AnswerPiece } from '../gateway/commands/command-outcome.js';
import { askControl } from '../gateway/control/control-client.js';
import type { ControlRequest, ControlResponse } from '../gateway/control/schema.js';
import type { Output } from './output.js';

const NOTHING = { stdout: '', stderr: '' };
const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/**
 * Asks the gateway, and shows an answer that goes on until it ends, Ctrl-C is pressed, or nobody reads
 * it any more.
 *
 * @returns undefined when no gateway is running. @throws as `askControl` does.
 */
export async function readAnswer(
  socket: string,
  request: ControlRequest,
  output: Output,
): Promise<ControlResponse | undefined> {
  const terminal = new AnswerTerminal(() => output.terminalSize());
  const interrupted = new AbortController();
  const interrupt = () => interrupted.abort();
  const onPiece = (piece: AnswerPiece) => {
    // Before the first piece Ctrl-C just ends the program.
    for (const signal of SIGNALS) process.off(signal, interrupt).on(signal, interrupt);
    show(piece, terminal, output);
  };
  const signal = AbortSignal.any([interrupted.signal, output.gone]);
  try {
    return await askControl(socket, request, { onPiece, signal });
  } catch (error) {
    if (interrupted.signal.aborted) return { ...NOTHING, exitCode: EXIT.interrupted };
    if (output.gone.aborted) return { ...NOTHING, exitCode: EXIT.ok };
    throw error;
  } finally {
    output.print(terminal.leave());
    for (const signal of SIGNALS) process.off(signal, interrupt);
  }
}

function show(piece: AnswerPiece, terminal: AnswerTerminal, output: Output): void {
  if (piece.kind === 'note') {
    output.print(terminal.leave());
    output.tell(terminal.textOf(piece));
  } else output.print(terminal.textOf(piece));
}
