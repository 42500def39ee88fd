import type { PaneName, SessionName } from '../../base/ids.js';
import type { TerminalSize } from '../../base/terminal-size.js';
import type { FeedEnd } from './mirror-source.js';
import type { TerminalAbilities } from './terminal-abilities.js';

/** The client's end of an observer's channel. */
export interface ObserverTerminal {
  /** Sends bytes; never waits. */
  write(bytes: Uint8Array): void;
  /** What was written and the client has not consumed yet, as far as anybody can know. */
  unconsumedBytes(): number;
  /** Called whenever the client may have consumed something; there is one listener at a time. */
  onConsumed(listener: () => void): void;
}

export interface WatchRequest {
  /** Who watches; all their channels have one share. */
  readonly engineer: string;
  readonly session: SessionName;
  readonly terminal: ObserverTerminal;
  /** What the terminal can do; its answers make it better known. */
  readonly abilities: TerminalAbilities;
  readonly size: TerminalSize;
  /** Shows this pane alone from the start. */
  readonly pane: PaneName | undefined;
  /** Makes commands in a text those that work where the person is. */
  readonly calledAs: (text: string) => string;
}

/** One observer's view through the mirror. There is no way from it to tmux. */
export interface Watcher {
  /** Settles once: the person left (`left`), or the session's mirror ended. */
  readonly ended: Promise<{ readonly reason: FeedEnd | 'left' }>;
  /** Begins to write to the terminal; what the person has typed before takes effect, too. */
  start(): void;
  /**
   * Takes what the person's terminal sent, as keys for the viewer, and ownership of `bytes`.
   *
   * @returns false when no more is wanted until `onDrain`; what comes before is dropped.
   */
  receive(bytes: Uint8Array): boolean;
  /** Called when more is wanted again; there is one listener at a time. */
  onDrain(listener: () => void): void;
  resize(size: TerminalSize): void;
  /** Writes nothing more. Idempotent. */
  close(): void;
  /** How often a newer screen replaced one this observer never got. */
  readonly skippedFrames: number;
}
