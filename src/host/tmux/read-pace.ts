/** How fast a terminal is read. */
export interface Pace {
  /** How much may come at once without a pause. */
  readonly burstBytes: number;
  /** How much may come all the time without a pause. */
  readonly sustainedBytesPerMs: number;
  /** How long a pause is; tmux meanwhile skips what nobody can read. */
  readonly pauseMs: number;
  /** How much is read at once where more waits than one event of a terminal brings (about 4 KiB). */
  readonly readAheadBytes: number;
}

/** The pace for a driver: a full repaint of a large, coloured screen has no pause. */
export const DRIVER_PACE: Pace = {
  burstBytes: 64 * 1024,
  sustainedBytesPerMs: 1024,
  pauseMs: 16,
  readAheadBytes: 0,
};

/**
 * The pace for the mirror: all that there is at once, and then a pause. A few lines and one redraw have no
 * pause, and a flood costs next to nothing, however large the screen is.
 */
export const MIRROR_PACE: Pace = {
  burstBytes: 16 * 1024,
  sustainedBytesPerMs: 32,
  pauseMs: 20,
  readAheadBytes: 256 * 1024,
};

export interface Pausable {
  pause(): void;
  resume(): void;
}

/** At most so many bursts are remembered, so that after any flood a burst is free again soon. */
const MAX_REMEMBERED_BURSTS = 4;

/**
 * Spaces the reads of a tmux client under sustained output: a client that is read eagerly makes a flood
 * cost the tmux server several times as much, and one that is not read makes the server grow.
 */
export class ReadPace {
  readonly #source: Pausable;
  readonly #pace: Pace;
  #recentBytes = 0;
  #countedAt = performance.now();
  #pause: NodeJS.Timeout | undefined;

  constructor(source: Pausable, pace: Pace) {
    this.#source = source;
    this.#pace = pace;
  }

  /** Counts what was read, and pauses the source where that was too much in too short a time. */
  count(bytes: number): void {
    const now = performance.now();
    const forgotten = (now - this.#countedAt) * this.#pace.sustainedBytesPerMs;
    const remembered = Math.max(0, this.#recentBytes - forgotten) + bytes;
    this.#recentBytes = Math.min(remembered, MAX_REMEMBERED_BURSTS * this.#pace.burstBytes);
    this.#countedAt = now;
    if (this.#recentBytes <= this.#pace.burstBytes || this.#pause !== undefined) return;
    this.#source.pause();
    this.#pause = setTimeout(() => this.#resume(), this.#pace.pauseMs);
  }

  /** Ends a pause; the source is left as it is. */
  close(): void {
    clearTimeout(this.#pause);
  }

  #resume(): void {
    this.#pause = undefined;
    this.#source.resume();
  }
}
