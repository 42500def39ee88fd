import type { ExitCode } from '../../base/exit-codes.js';
import type { PaneName, SessionName } from '../../base/ids.js';

/** What a person wants to watch: a session, or one of its panes alone. */
export interface WatchTarget {
  readonly session: SessionName;
  readonly pane: PaneName | undefined;
}

/** The caller's terminal, where their output goes to one. */
export interface CallerTerminal {
  readonly cols: number;
  readonly hasColour: boolean;
}

/** A piece of an answer that goes on, as a verb makes it. */
export interface AnswerPiece {
  /**
   * `text` goes to standard output, after what came before; `screen` has lines that replace the screen before; a
   * `note` is a sentence for the person, on standard error.
   */
  readonly kind: 'text' | 'screen' | 'note';
  readonly text: string;
}

/** A piece as it is sent to the caller: the last one has the exit status. */
export type OutcomePiece = AnswerPiece | { readonly kind: 'end'; readonly exitCode: ExitCode };

/** What a command came to, for whoever sends it to the caller. */
export interface CommandOutcome {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: ExitCode;
  /** What `pieces` hold in memory until the last was taken. */
  readonly heldBytes?: number;
  /** What is to be shown instead, where the caller has a terminal. */
  readonly watch?: WatchTarget;
  /**
   * What follows, as it happens; the last piece has the exit status, which then counts. Ends without
   * one once `signal` is aborted.
   */
  readonly pieces?: (signal: AbortSignal) => AsyncIterable<OutcomePiece>;
}

/** A sentence as the program says it. */
export function notePiece(sentence: string): AnswerPiece {
  return { kind: 'note', text: `triad: ${sentence}\n` };
}
