import { errorText, messageOf, TriadError } from '../base/errors.js';
import { EXIT, type ExitCode, exitCodeOf } from '../base/exit-codes.js';
import { findShortage } from '../base/shortage.js';
import type { TerminalSize } from '../base/terminal-size.js';

/** The program's two ways out, and its exit status. */
export interface Output {
  /** Prints what is for programs: results, one `ready` line. */
  print(text: string): void;
  /** Prints what is for people: progress, warnings and errors. */
  tell(text: string): void;
  /** The size of the terminal that `print` writes to; undefined where it is none. */
  terminalSize(): TerminalSize | undefined;
  /** Aborted when nobody reads what is printed any more. */
  readonly gone: AbortSignal;
}

/** Tells an error as people can use it, without a stack, and returns its exit status. */
export function tellError(output: Output, error: unknown): ExitCode {
  if (error instanceof TriadError) {
    output.tell(errorText(error.message, error.hint ?? ''));
    return exitCodeOf(error);
  }
  // Node.js itself may run short of something, when it loads a file: that is no fault of the
  // program.
  const shortage = findShortage(error);
  if (shortage !== undefined) {
    output.tell(errorText(shortage.words, shortage.hint));
    return EXIT.tryAgain;
  }
  output.tell(errorText(`internal error: ${messageOf(error)}`, 'please report it with the log'));
  return exitCodeOf(error);
}
