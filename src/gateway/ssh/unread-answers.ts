import type { Connection as SshClient } from 'ssh2';
import { bytesHeldForRekey, socketOf } from './ssh2-seams.js';

/** Some 150 KiB of answers, which a client gets to only by asking on and on without reading. */
const MAX_UNREAD = 2048;

/**
 * Counts the requests whose answers may still wait for the client. Answers are not part of what a
 * channel may queue, and cost the client that provokes them nothing.
 *
 * The count starts again each time that all which was queued when it last started has left.
 */
export class UnreadAnswers {
  readonly #sshClient: SshClient;
  #count = 0;
  /** How much was written to the socket, ever, when the count last started. */
  #startedAtBytes = 0;

  constructor(sshClient: SshClient) {
    this.#sshClient = sshClient;
  }

  /** Counts one more; false when there are too many. */
  add(): boolean {
    const { bytesWritten, writableLength } = socketOf(this.#sshClient);
    const isHeld = bytesHeldForRekey(this.#sshClient) > 0;
    const hasMoved = bytesWritten - writableLength > this.#startedAtBytes;
    if (!isHeld && (writableLength === 0 || hasMoved)) {
      this.#count = 0;
      this.#startedAtBytes = bytesWritten;
    }
    this.#count += 1;
    return this.#count <= MAX_UNREAD;
  }
}
