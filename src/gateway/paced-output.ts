import type { ServerChannel, Connection as SshClient } from 'ssh2';
import { sendWindowOf, unsentBytes } from './ssh2-seams.js';

/** Above this nothing more is given to ssh2; one client's output is not to hold back its others. */
const MAX_WAITING_BYTES = 256 * 1024;
const PIECE_BYTES = 32 * 1024;

export interface PacedOutputOptions {
  readonly sshClient: SshClient;
  readonly channel: ServerChannel;
}

/**
 * Sends a command's output no faster than the client takes it: ssh2 would hand all that the client's
 * window allows to the socket at once, with PuTTY up to 2 GiB.
 *
 * `check` goes on; call it whenever the socket brought or took something.
 */
export class PacedOutput {
  readonly #options: PacedOutputOptions;
  #rest: Uint8Array = new Uint8Array();
  #error = '';
  #isClosed = false;
  #settle: () => void = () => undefined;

  constructor(options: PacedOutputOptions) {
    this.#options = options;
  }

  /** Resolves when all of it is written, or thrown away; one call at a time. */
  write(bytes: Uint8Array): Promise<void> {
    if (!this.#isClosed) this.#rest = bytes;
    return this.#goOn();
  }

  /**
   * The same for a few words on standard error. They wait for room in the client's window: ssh2
   * repeats what did not fit.
   */
  writeError(text: string): Promise<void> {
    if (!this.#isClosed) this.#error = text;
    return this.#goOn();
  }

  check(): void {
    this.#sendError();
    if (this.#sendRest()) this.#settle();
  }

  /** Throws away what is not written yet. */
  drop(): void {
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

  /** Whether nothing waits any more. */
  #sendRest(): boolean {
    const { sshClient, channel } = this.#options;
    while (this.#rest.length > 0) {
      if (channel.writableLength + unsentBytes(sshClient) > MAX_WAITING_BYTES) return false;
      channel.write(this.#rest.subarray(0, PIECE_BYTES));
      this.#rest = this.#rest.subarray(PIECE_BYTES);
    }
    return this.#error === '';
  }
}
