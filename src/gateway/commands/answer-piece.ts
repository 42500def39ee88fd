import type { ExitCode } from '../../base/exit-codes.js';

/** A piece of an answer that goes on, as a verb makes it. */
export type AnswerPiece =
  /** Goes to standard output, after what came before. */
  | { readonly kind: 'text'; readonly text: string }
  /** Lines that take the place of the screen before. */
  | { readonly kind: 'screen'; readonly text: string }
  /** A sentence for the person, on standard error. */
  | { readonly kind: 'note'; readonly text: string };

/** A piece as a door gets it: the last one has the exit status. */
export type DoorPiece = AnswerPiece | { readonly kind: 'end'; readonly exitCode: ExitCode };

/** A sentence as the program says it. */
export function notePiece(sentence: string): AnswerPiece {
  return { kind: 'note', text: `triad: ${sentence}\n` };
}
