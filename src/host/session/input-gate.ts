import type { Clock } from '../../base/clock.js';

/** How much a driver's tmux client may get before the pane's program has read what it got. */
const MAX_UNREAD_BYTES = 64 * 1024;
/** Below this nothing is asked: people who type never reach it, so that their keys wait for nothing. */
const ASK_BYTES = 16 * 1024;
/** Pauses between two questions while nothing is read: doubled each time. */
const MIN_PAUSE_MS = 2;
const MAX_PAUSE_MS = 64;

export interface InputGateOptions {
  /** Whether the program that gets the keys has read all of them; true where that is not known. */
  readonly isRead: () => Promise<boolean>;
  readonly clock: Clock;
}

/**
 * Bounds how much of a driver's input tmux holds: tmux takes all that it is given, even for a pane that
 * does not read, and that cannot be taken back. The rest waits in a queue that a revoke drops.
 */
export class InputGate {
  readonly #options: InputGateOptions;
  #unread = 0;
  #isAsking = false;
  #pauseMs = MIN_PAUSE_MS;
  #stop: () => void = () => undefined;
  #isClosed = false;

  constructor(options: InputGateOptions) {
    this.#options = options;
  }

  /** How many bytes may be passed on now. */
  get room(): number {
    return Math.max(0, MAX_UNREAD_BYTES - this.#unread);
  }

  /** Counts bytes that were passed on. */
  gave(count: number): void {
    this.#unread += count;
    if (this.#unread > ASK_BYTES && !this.#isAsking) void this.#ask();
  }

  /** Stops asking. Idempotent. */
  close(): void {
    this.#isClosed = true;
    this.#stop();
  }

  async #ask(): Promise<void> {
    this.#isAsking = true;
    const asked = this.#unread;
    // Where tmux cannot be asked, input goes on: it must not wait for ever.
    const isRead = await this.#options.isRead().catch(() => true);
    if (isRead) this.#unread -= asked;
    this.#pauseMs = isRead ? MIN_PAUSE_MS : Math.min(this.#pauseMs * 2, MAX_PAUSE_MS);
    if (this.#isClosed || this.#unread <= ASK_BYTES) {
      this.#isAsking = false;
      return;
    }
    this.#stop = this.#options.clock.after(this.#pauseMs, () => void this.#ask());
  }
}
