/** How a terminal is read. */
export interface Pace {
  /** What may come at once without being slowed down. */
  readonly burstBytes: number;
  /** What may come for ever without being slowed down. */
  readonly sustainedBytesPerMs: number;
  /** How long output then waits; tmux meanwhile skips what nobody can read. */
  readonly pauseMs: number;
  /** What is read at once where more waits than the event of a terminal brings (about 4 KiB). */
  readonly readAheadBytes: number;
}

/** For a person who types: a full repaint of a large, coloured screen is never slowed down. */
export const DRIVER_PACE: Pace = {
  burstBytes: 64 * 1024,
  sustainedBytesPerMs: 1024,
  pauseMs: 16,
  readAheadBytes: 0,
};

/**
 * For the mirror: everything that is there at once, and then a rest. What a few lines and the redraw of a screen
 * take waits for nothing; it costs a flooding session next to nothing, however large the screen.
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

/** However much came: a burst is had again after that many bursts have been forgotten. */
const MAX_REMEMBERED_BURSTS = 4;

/**
 * Spaces the reads of a tmux client under sustained output: an eagerly read client makes a flood in
 * a pane cost the tmux server several times as much, an unread one makes the server grow.
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
