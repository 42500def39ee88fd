import type { Command } from 'commander';
import type { SessionName } from '../../base/ids.js';
import type { PaneRequest } from '../../base/pane.js';
import type { Role } from '../access/role.js';
import type { AnswerPiece, WatchTarget } from './command-outcome.js';
import type { CallContext } from './context.js';
import type { Follower } from './follower.js';

/** A verb with its arguments read: what is left is to do it. */
export interface Call {
  /** Files that were named on the command line; whoever runs the verb reads them. */
  readonly files?: readonly string[];
  /** What the pane door is asked instead, where the verb is called within a pane. */
  readonly onPane?: { readonly target: string; readonly ask: PaneRequest };
  /** @returns what goes to standard output, or what the caller's terminal is to show from now on. */
  readonly run: (context: CallContext) => Promise<string | WatchTarget | StreamedAnswer>;
}

/** An answer that goes on, piece by piece. */
export interface StreamedAnswer {
  /** The session of which the caller has to stay an observer; undefined for an admin of all. */
  readonly session: SessionName | undefined;
  /** Whether it goes on until somebody ends it. */
  readonly follows: boolean;
  /** What is held in memory until the caller took it all. */
  readonly heldBytes?: number;
  readonly pieces: (follower: Follower) => AsyncIterable<AnswerPiece>;
}

/** One row of the command table (docs/design.md, promise 7). */
export interface Verb {
  readonly name: string;
  /** The least role that may run it. */
  readonly role: Role;
  /** Whether it works on the files of the home when nothing runs. */
  readonly isOffline?: true;
  readonly summary: string;
  /** Examples, each without the program's name: `restart worker`. */
  readonly examples: readonly string[];
  /** Declares arguments and options; `take` gets the call when they are complete. */
  readonly declare: (command: Command, take: (call: Call) => void) => void;
}
