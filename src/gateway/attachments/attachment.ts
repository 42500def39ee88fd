import type { ExitCode } from '../../base/exit-codes.js';
import type { AttachmentId, PaneName, SessionName } from '../../base/ids.js';
import type { TerminalSize } from '../../base/terminal-size.js';
import type { Decision } from '../access/decide.js';
import type { KeyHolder } from '../access/session-access.js';
import type { ObserverTerminal } from '../mirror/watching.js';
import type { EndReason } from './farewell.js';

/** A person whose key was proven, on a connection; enough to decide about them again. */
export interface Caller extends KeyHolder {
  readonly fingerprint: string;
  /** Address and port for people: `203.0.113.7:52113`, `[2001:db8::1]:52113`. */
  readonly remote: string;
  /** Where the client has reached us. */
  readonly reached: { readonly host: string; readonly port: number };
  /** Ties log and audit lines of one connection together. */
  readonly connectionId: string;
}

/**
 * Where the output of an attachment goes: the client's end of one SSH channel. After the client is gone
 * what is written is dropped.
 */
export interface ClientTerminal extends ObserverTerminal {
  /** Tells whether the client takes no more for now; called on each change. */
  onBlocked(listener: (isBlocked: boolean) => void): void;
  /** Tells that input may flow again after `Attachment.receive` returned false. */
  resumeInput(): void;
}

export interface AttachRequest {
  readonly caller: Caller;
  readonly session: SessionName;
  readonly term: string;
  /** The client said so (`COLORTERM`). */
  readonly hasTrueColour?: boolean;
  readonly size: TerminalSize;
  readonly terminal: ClientTerminal;
  /** Set where the person asked to watch only, whatever their role; maybe one pane alone. */
  readonly watch?: { readonly pane: PaneName | undefined } | undefined;
  /** Makes commands in a text those that work where the person is. */
  readonly calledAs: (text: string) => string;
}

/** One live view of a session by one engineer. */
export interface Attachment {
  readonly id: AttachmentId;
  /**
   * Takes input from the client, and ownership of `bytes`.
   *
   * @returns false when no more is wanted until `ClientTerminal.resumeInput`.
   */
  receive(bytes: Uint8Array): boolean;
  resize(size: TerminalSize): void;
  /** Ends the attachment, with a goodbye unless the client is gone; the first reason counts. */
  disconnect(reason: EndReason): void;
  /** Settles once, after the last byte (terminal restored, goodbye said) was written. */
  readonly ended: Promise<AttachmentEnd>;
}

export interface AttachmentEnd {
  readonly exitCode: ExitCode;
}

/** An attachment that was refused, by the decision that was made. */
export interface DeniedAttachment {
  readonly denied: Exclude<Decision, { outcome: 'allowed' }>;
}
