import type { ServerChannel, Connection as SshClient } from 'ssh2';
import type { ClientTerminal } from '../attachments/attachment.js';
import { Consumption } from './consumption.js';
import { askForAnswer, sendWindowOf, unsentBytes } from './ssh2-seams.js';

/** Above this the client does not keep up: the session is told to hold its output back. */
const BLOCKED_ABOVE_BYTES = 256 * 1024;
/** Below this the session may go on. */
const UNBLOCKED_BELOW_BYTES = 64 * 1024;
/** Above this the session has ignored the block: the channel is given up. */
const MAX_UNCONSUMED_BYTES = 1024 * 1024;

export interface ChannelTerminalOptions {
  readonly sshClient: SshClient;
  readonly channel: ServerChannel;
  /** More than `MAX_UNCONSUMED_BYTES` wait for the client; nothing is written any more. */
  readonly onOverflow: () => void;
}

/**
 * The client's end of a channel, with an account of what the client has not taken yet.
 *
 * A channel's `write()` turns false only megabytes too late, and ssh2 hides what waits for TCP or for
 * a key exchange. So the account is: what the channel queues, plus the larger of what was sent and not
 * consumed and what waits for the socket. A piece that went out in part counts in full.
 *
 * `check` brings the account up to date; call it whenever the socket brought or took something.
 */
export class ChannelTerminal implements ClientTerminal {
  readonly #options: ChannelTerminalOptions;
  readonly #consumption: Consumption;
  #onBlocked: (isBlocked: boolean) => void = () => undefined;
  #onConsumed: () => void = () => undefined;
  #isBlocked = false;
  #isClosed = false;

  constructor(options: ChannelTerminalOptions) {
    this.#options = options;
    const { sshClient, channel } = options;
    this.#consumption = new Consumption({
      window: sendWindowOf(channel),
      ask: (onAnswered) => askForAnswer(sshClient, onAnswered),
    });
  }

  write(bytes: Uint8Array): void {
    if (this.#isClosed || bytes.length === 0) return;
    this.#options.channel.write(bytes);
    this.#compare();
  }

  unconsumedBytes(): number {
    const { channel, sshClient } = this.#options;
    const unconsumed = this.#consumption.unconsumedBytes(sendWindowOf(channel));
    return channel.writableLength + Math.max(unconsumed, unsentBytes(sshClient));
  }

  onBlocked(listener: (isBlocked: boolean) => void): void {
    this.#onBlocked = listener;
  }

  onConsumed(listener: () => void): void {
    this.#onConsumed = listener;
  }

  resumeInput(): void {
    this.#options.channel.resume();
  }

  /** Takes notice that the client may have consumed something. */
  check(): void {
    this.#compare();
    if (!this.#isClosed) this.#onConsumed();
  }

  /** Drops whatever is written from now on. Idempotent. */
  close(): void {
    this.#isClosed = true;
  }

  /** Compares what the client has not taken with the marks, and tells on a change. */
  #compare(): void {
    if (this.#isClosed) return;
    const unconsumed = this.unconsumedBytes();
    if (unconsumed > MAX_UNCONSUMED_BYTES) {
      this.close();
      this.#options.onOverflow();
    } else if (
      this.#isBlocked ? unconsumed < UNBLOCKED_BELOW_BYTES : unconsumed > BLOCKED_ABOVE_BYTES
    ) {
      this.#isBlocked = !this.#isBlocked;
      this.#onBlocked(this.#isBlocked);
    }
  }
}
