import type { ServerChannel, Connection as SshClient } from 'ssh2';
import { unsentBytes } from './ssh2-seams.js';

/** Above this nothing more is given to ssh2; one client's output is not to hold back its others. */
const MAX_WAITING_BYTES = 256 * 1024;
const PIECE_BYTES = 32 * 1024;

export interface PacedOutputOptions {
  readonly sshClient: SshClient;
  readonly channel: ServerChannel;
  /** All of it is written; called once. */
  readonly onWritten: () => void;
  /** Nothing of it is kept any more; called at least once. */
  readonly onReleased: () => void;
}

/**
 * Sends a command's output no faster than the client takes it: ssh2 would hand all that the client's
 * window allows to the socket at once, with PuTTY up to 2 GiB.
 *
 * `check` goes on; call it whenever the socket brought or took something.
 */
export class PacedOutput {
  readonly #options: PacedOutputOptions;
  #rest: Uint8Array;
  #isOver = false;

  constructor(bytes: Uint8Array, options: PacedOutputOptions) {
    this.#rest = bytes;
    this.#options = options;
  }

  check(): void {
    if (this.#isOver) return;
    const { sshClient, channel, onWritten } = this.#options;
    while (this.#rest.length > 0) {
      if (channel.writableLength + unsentBytes(sshClient) > MAX_WAITING_BYTES) return;
      channel.write(this.#rest.subarray(0, PIECE_BYTES));
      this.#rest = this.#rest.subarray(PIECE_BYTES);
    }
    this.close();
    onWritten();
  }

  /** Writes no more, and keeps nothing. Idempotent. */
  close(): void {
    this.#isOver = true;
    this.#rest = new Uint8Array();
    this.#options.onReleased();
  }
}
