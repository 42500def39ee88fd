import type { ServerChannel, Connection as SshClient } from 'ssh2';
import { unsentBytes } from './ssh2-seams.js';

/** Above this nothing more is given to ssh2; one client's output is not to hold back its others. */
const MAX_WAITING_BYTES = 256 * 1024;
const PIECE_BYTES = 32 * 1024;

export interface PacedOutputOptions {
  readonly sshClient: SshClient;
  readonly channel: ServerChannel;
  readonly bytes: Uint8Array;
  /** All of it is written; called once. */
  readonly onWritten: () => void;
}

/**
 * Sends a command's output no faster than the client takes it: ssh2 would hand all that the client's
 * window allows to the socket at once, with PuTTY up to 2 GiB.
 *
 * `check` goes on; call it first of all, and whenever the socket brought or took something.
 */
export class PacedOutput {
  readonly #options: PacedOutputOptions;
  #written = 0;
  #isOver = false;

  constructor(options: PacedOutputOptions) {
    this.#options = options;
  }

  check(): void {
    if (this.#isOver) return;
    const { sshClient, channel, bytes, onWritten } = this.#options;
    while (this.#written < bytes.length) {
      if (channel.writableLength + unsentBytes(sshClient) > MAX_WAITING_BYTES) return;
      channel.write(bytes.subarray(this.#written, this.#written + PIECE_BYTES));
      this.#written += PIECE_BYTES;
    }
    this.close();
    onWritten();
  }

  /** Writes no more. Idempotent. */
  close(): void {
    this.#isOver = true;
  }
}
