import type { ServerChannel, Connection as SshClient } from 'ssh2';
import { Counts } from '../../base/counts.js';
import type { LoopShare, Steps } from '../../base/loop-share.js';
import { sendWindowOf, unsentBytes } from './ssh2-seams.js';

/** Above this nothing more is given to ssh2; one client's output is not to hold back its others. */
const MAX_WAITING_BYTES = 256 * 1024;
/** Small, because a step writes at least one piece. */
const PIECE_BYTES = 16 * 1024;

export interface PacedOutputOptions {
  readonly sshClient: SshClient;
  readonly channel: ServerChannel;
  /** The share of all who watch or ask; encrypting is the greater part of what an answer costs. */
  readonly share: LoopShare;
  /** Whose turn it takes in the share: the engineer's. */
  readonly owner: string;
}

/**
 * Sends a command's output no faster than the client takes it: ssh2 would hand all that the client's
 * window allows to the socket at once, with PuTTY up to 2 GiB.
 *
 * `check` goes on; call it whenever the socket brought or took something.
 */
export class PacedOutput implements Steps {
  readonly owner: string;
  readonly #options: PacedOutputOptions;
  #rest: Uint8Array = new Uint8Array();
  #error = '';
  #isClosed = false;
  #settle: () => void = () => undefined;

  constructor(options: PacedOutputOptions) {
    this.#options = options;
    this.owner = options.owner;
  }

  /** Resolves when all of it is written, or thrown away; one call at a time. */
  write(bytes: Uint8Array): Promise<void> {
    if (!this.#isClosed) this.#rest = bytes;
    return this.#goOn();
  }

  /**
   * Writes a few words on standard error, and resolves as `write` does. They wait for room in the
   * client's window: ssh2 repeats what did not fit.
   */
  writeError(text: string): Promise<void> {
    if (!this.#isClosed) this.#error = text;
    return this.#goOn();
  }

  check(): void {
    this.#sendError();
    if (this.#rest.length === 0) this.#settleIfDone();
    else if (this.#hasRoom()) this.#options.share.take(this);
  }

  /** Sends what there is room for; the rest waits for `check`. */
  run(mayGoOn: () => boolean): boolean {
    while (this.#rest.length > 0 && this.#hasRoom()) {
      this.#options.channel.write(this.#rest.subarray(0, PIECE_BYTES));
      this.#rest = this.#rest.subarray(PIECE_BYTES);
      if (this.#rest.length > 0 && !mayGoOn()) return false;
    }
    if (this.#rest.length === 0) this.#settleIfDone();
    return true;
  }

  /** Throws away what is not written yet. */
  drop(): void {
    this.#options.share.remove(this);
    this.#rest = new Uint8Array();
    this.#error = '';
    this.#settle();
  }

  /** Writes no more, and keeps nothing. Idempotent. */
  close(): void {
    this.#isClosed = true;
    this.drop();
  }

  #goOn(): Promise<void> {
    return new Promise((resolve) => {
      this.#settle = resolve;
      this.check();
    });
  }

  #sendError(): void {
    const { channel } = this.#options;
    if (this.#error === '' || sendWindowOf(channel) < Buffer.byteLength(this.#error)) return;
    channel.stderr.write(this.#error);
    this.#error = '';
  }

  #hasRoom(): boolean {
    const { sshClient, channel } = this.#options;
    return channel.writableLength + unsentBytes(sshClient) <= MAX_WAITING_BYTES;
  }

  #settleIfDone(): void {
    if (this.#error === '') this.#settle();
  }
}

/** What all clients together may hold; a whole scrollback of 20,000 wide, coloured lines is some 10 MiB. */
const MAX_BYTES = 256 * 1024 * 1024;
/** What one engineer may hold, so that nobody takes the room of all others. */
const MAX_ENGINEER_BYTES = 64 * 1024 * 1024;

/** Counts the output of commands that waits in memory for clients to read it: `… | less` may take hours. */
export class HeldOutput {
  readonly #ofEngineer = new Counts();
  #bytes = 0;

  /** Holds so many bytes more until the returned function is called; undefined when that is too much. */
  hold(engineer: string, bytes: number): (() => void) | undefined {
    const theirs = this.#ofEngineer.of(engineer) + bytes;
    if (theirs > MAX_ENGINEER_BYTES || this.#bytes + bytes > MAX_BYTES) return undefined;
    this.#add(engineer, bytes);
    let isHeld = true;
    return () => {
      if (isHeld) this.#add(engineer, -bytes);
      isHeld = false;
    };
  }

  #add(engineer: string, bytes: number): void {
    this.#bytes += bytes;
    this.#ofEngineer.add(engineer, bytes);
  }
}
