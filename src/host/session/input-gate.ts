import type { Clock } from '../../base/clock.js';

/** What one driver's tmux client may be given before the pane's program has read what it got. */
const MAX_UNREAD_BYTES = 64 * 1024;
/** People who type never come here, so that their keys wait for nothing. */
const ASK_BYTES = 16 * 1024;
/** Between two questions while nothing is read: doubled from the one to the other. */
const MIN_PAUSE_MS = 2;
const MAX_PAUSE_MS = 64;

export interface InputGateOptions {
  /** Whether the program that gets the keys has read all of them, or nobody can tell. */
  readonly isRead: () => Promise<boolean>;
  readonly clock: Clock;
}

/**
 * Bounds what tmux holds of a driver's input: tmux takes whatever it is given, also for a pane that
 * does not read, and what it has taken nobody can take back. The rest waits where a revoke drops it.
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

  /** How many bytes may be given now. */
  get room(): number {
    return Math.max(0, MAX_UNREAD_BYTES - this.#unread);
  }

  /** So many bytes were given. */
  gave(count: number): void {
    this.#unread += count;
    if (this.#unread > ASK_BYTES && !this.#isAsking) void this.#ask();
  }

  /** Idempotent. */
  close(): void {
    this.#isClosed = true;
    this.#stop();
  }

  async #ask(): Promise<void> {
    this.#isAsking = true;
    const asked = this.#unread;
    // What cannot be asked is not held back: input must not wait for ever.
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
