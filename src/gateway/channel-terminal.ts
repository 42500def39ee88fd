import type { ServerChannel, Connection as SshClient } from 'ssh2';
import type { ClientTerminal } from '../session/attachment.js';
import { sendWindowOf, unsentBytes } from './ssh2-seams.js';

/** Above this the client does not keep up: the session is told to hold its output back. */
const BLOCKED_ABOVE_BYTES = 256 * 1024;
/** Below this it may go on. */
const UNBLOCKED_BELOW_BYTES = 64 * 1024;
/** Above this nobody heeded the block: the channel is given up. */
const MAX_UNCONSUMED_BYTES = 1024 * 1024;
/** Above this a window is no flow control: PuTTY opens 2 GiB and then relies on TCP. */
const LARGEST_MEANT_WINDOW = 16 * 1024 * 1024;

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
 * a key exchange. So the account is: what the channel queues, plus the larger of what the client has
 * not acknowledged (the largest window seen, less the window now) and what waits for the socket.
 * A piece that went out in part counts in full. A client may have taken as much as it acknowledges at
 * once, and not have said so: OpenSSH does it every 48 KiB, others when half of their window is used up.
 *
 * `check` brings the account up to date; call it whenever the socket brought or took something.
 */
export class ChannelTerminal implements ClientTerminal {
  readonly #options: ChannelTerminalOptions;
  #listener: (isBlocked: boolean) => void = () => undefined;
  #largestWindow: number;
  #lastWindow: number;
  #smallestAcknowledgement = Number.POSITIVE_INFINITY;
  #isBlocked = false;
  #isClosed = false;

  constructor(options: ChannelTerminalOptions) {
    this.#options = options;
    this.#lastWindow = sendWindowOf(options.channel);
    this.#largestWindow = this.#lastWindow;
  }

  write(bytes: Uint8Array): void {
    if (this.#isClosed || bytes.length === 0) return;
    this.#options.channel.write(bytes);
    this.check();
  }

  onBlocked(listener: (isBlocked: boolean) => void): void {
    this.#listener = listener;
  }

  resumeInput(): void {
    this.#options.channel.resume();
  }

  /** Compares what the client has not taken with the marks, and tells on a change. */
  check(): void {
    if (this.#isClosed) return;
    const unconsumed = this.#unconsumedBytes();
    if (unconsumed > MAX_UNCONSUMED_BYTES) {
      this.close();
      this.#options.onOverflow();
    } else if (
      this.#isBlocked ? unconsumed < UNBLOCKED_BELOW_BYTES : unconsumed > BLOCKED_ABOVE_BYTES
    ) {
      this.#isBlocked = !this.#isBlocked;
      this.#listener(this.#isBlocked);
    }
  }

  /** Drops whatever is written from now on. Idempotent. */
  close(): void {
    this.#isClosed = true;
  }

  #unconsumedBytes(): number {
    const { channel, sshClient } = this.#options;
    const waiting = unsentBytes(sshClient);
    return channel.writableLength + Math.max(this.#unacknowledgedBytes(channel), waiting);
  }

  #unacknowledgedBytes(channel: ServerChannel): number {
    const window = sendWindowOf(channel);
    const acknowledged = window - this.#lastWindow;
    this.#lastWindow = window;
    this.#largestWindow = Math.max(this.#largestWindow, window);
    if (this.#largestWindow > LARGEST_MEANT_WINDOW) return 0;
    if (acknowledged > 0) {
      this.#smallestAcknowledgement = Math.min(this.#smallestAcknowledgement, acknowledged);
    }
    const taken = Math.min(this.#smallestAcknowledgement, this.#largestWindow / 2);
    return this.#largestWindow - window - taken;
  }
}
