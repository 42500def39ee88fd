export interface FrameClockOptions {
  /** Makes a frame, and calls `finished` once it has gone out to all. */
  readonly onTick: () => void;
  /** Milliseconds that only grow. */
  readonly now: () => number;
}

/** After a quiet time: what tmux draws comes in a few pieces, and nobody sees this wait. */
const SETTLE_MS = 3;
/** Under load about 15 frames a second. */
const FRAME_MS = 66;
/** How much of the time may go into frames; where they cost more, there are fewer. A thousand observers take 40 ms. */
const MAX_SHARE = 0.6;
/** Slowest pace, whatever a frame cost: a machine that stood still is no reason to stand still. */
const MAX_INTERVAL_MS = 2000;

/** Says when the next frame is due: soon after a quiet time, and at a pace that can be afforded otherwise. */
export class FrameClock {
  readonly #options: FrameClockOptions;
  #timer: NodeJS.Timeout | undefined;
  #isBusy = false;
  #isWanted = false;
  #isClosed = false;
  #tickedAt = Number.NEGATIVE_INFINITY;
  #intervalMs = FRAME_MS;

  constructor(options: FrameClockOptions) {
    this.#options = options;
  }

  /** Something changed. Any number of requests make one frame. */
  request(): void {
    this.#isWanted = true;
    if (this.#isBusy || this.#isClosed) return;
    const waitMs = this.#tickedAt + this.#intervalMs - this.#options.now();
    this.#timer ??= setTimeout(() => this.#tick(), Math.max(SETTLE_MS, waitMs));
  }

  /** The frame has gone out, and took `costMs` of this process's time. */
  finished(costMs: number): void {
    this.#isBusy = false;
    this.#intervalMs = Math.min(Math.max(FRAME_MS, costMs / MAX_SHARE), MAX_INTERVAL_MS);
    if (this.#isWanted) this.request();
  }

  /** Ticks no more. Idempotent. */
  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }

  #tick(): void {
    this.#timer = undefined;
    this.#isWanted = false;
    this.#isBusy = true;
    this.#tickedAt = this.#options.now();
    this.#options.onTick();
  }
}
