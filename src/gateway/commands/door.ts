import type { ExitCode } from '../../base/exit-codes.js';
import type { PaneName, SessionName } from '../../base/ids.js';
import type { Caller } from '../attachments/attachment.js';
import type { DoorPiece } from './answer-piece.js';

/** The way in for verbs that come over SSH: `ssh pair@host restart worker`. */
export interface SshCommandDoor {
  /** Parses, checks the caller's right and runs; never throws, every outcome has its text. */
  execute(request: SshCommand): Promise<CommandOutcome>;
}

/** What a person wants to watch: a session, or one of its panes alone. */
export interface WatchTarget {
  readonly session: SessionName;
  readonly pane: PaneName | undefined;
}

/** The caller's terminal, where their output goes to one. */
export interface DoorTerminal {
  readonly cols: number;
  readonly hasColour: boolean;
}

export interface SshCommand {
  readonly caller: Caller;
  readonly session: SessionName;
  /** The command line as the client sent it; anything. */
  readonly commandLine: string;
  /** Reads what the client sends as standard input to its end, as UTF-8, bounded. */
  readonly readInput: () => Promise<string>;
  readonly terminal: DoorTerminal | undefined;
}

export interface CommandOutcome {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: ExitCode;
  /** Of `pieces`, what is held in memory until the last was taken. */
  readonly heldBytes?: number;
  /** What is to be shown instead, where the door has a terminal. */
  readonly watch?: WatchTarget;
  /**
   * What follows, as it happens; the last piece has the exit status, which then counts. Ends without
   * one once `signal` is aborted.
   */
  readonly pieces?: (signal: AbortSignal) => AsyncIterable<DoorPiece>;
}
