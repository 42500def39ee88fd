export interface FrameClockOptions {
  /** Makes a frame, and calls `finished` once it has gone out to all. */
  readonly onTick: () => void;
  /** Milliseconds that only grow. */
  readonly now: () => number;
}

/** What tmux draws comes in a few pieces, and nobody sees this wait. */
const SETTLE_MS = 2;
/**
 * Output has paused when nothing changed for so long; a flood comes every 20 ms (`MIRROR_PACE`).
 */
const PAUSE_MS = 25;
/** The time from the first frame after a pause to the next; each further frame doubles it. */
const FIRST_MS = 8;
/** Where output never pauses: about 15 frames a second. */
const FRAME_MS = 66;
/** How much of the time quicker frames may take: ten observers take 1 ms, a hundred 5 ms. */
const QUICK_SHARE = 0.1;
/** How much of the time may go into frames; where they cost more, there are fewer. A thousand observers take 40 ms. */
const MAX_SHARE = 0.6;
/** Slowest pace, whatever a frame cost: a machine that stood still is no reason to stand still. */
const MAX_INTERVAL_MS = 2000;

/** Says when the next frame is due: at once after a pause of the output, and at a pace that can be afforded otherwise. */
export class FrameClock {
  readonly #options: FrameClockOptions;
  #timer: NodeJS.Timeout | undefined;
  #isBusy = false;
  #isWanted = false;
  #isClosed = false;
  #changedAt = Number.NEGATIVE_INFINITY;
  #tickedAt = Number.NEGATIVE_INFINITY;
  #paceMs = 0;
  #costMs = 0;
  /** What the last frames cost on average: a single one may have been held up by other work. */
  #usualCostMs = 0;

  constructor(options: FrameClockOptions) {
    this.#options = options;
  }

  /** Something changed. Any number of requests make one frame. */
  request(): void {
    const now = this.#options.now();
    if (now - this.#changedAt > PAUSE_MS) this.#paceMs = 0;
    this.#changedAt = now;
    this.#isWanted = true;
    this.#schedule();
  }

  /** The frame has gone out, and took `costMs` of this process's time. */
  finished(costMs: number): void {
    this.#isBusy = false;
    this.#costMs = costMs;
    this.#usualCostMs += (costMs - this.#usualCostMs) / 4;
    this.#paceMs = Math.min(Math.max(FIRST_MS, 2 * this.#paceMs), FRAME_MS);
    this.#schedule();
  }

  #schedule(): void {
    if (!this.#isWanted || this.#isBusy || this.#isClosed) return;
    const waitMs = this.#tickedAt + this.#intervalMs() - this.#options.now();
    this.#timer ??= setTimeout(() => this.#tick(), Math.max(SETTLE_MS, waitMs));
  }

  #intervalMs(): number {
    const quickMs = Math.max(this.#paceMs, this.#usualCostMs / QUICK_SHARE);
    const affordedMs = Math.max(Math.min(quickMs, FRAME_MS), this.#costMs / MAX_SHARE);
    return Math.min(affordedMs, MAX_INTERVAL_MS);
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
