/** A full repaint of a large, coloured screen fits: it is never slowed down. */
const BURST_BYTES = 64 * 1024;
/** What may come for ever without being slowed down: ten full screens a second. */
const SUSTAINED_BYTES_PER_MS = 1024;
/** Longest that output waits; nobody sees it, and tmux meanwhile skips what nobody can read. */
const PAUSE_MS = 16;

export interface Pausable {
  pause(): void;
  resume(): void;
}

/**
 * Spaces the reads of a tmux client under sustained output: an eagerly read client makes a flood in
 * a pane several times as dear for the tmux server, an unread one makes the server grow.
 */
export class ReadPace {
  readonly #source: Pausable;
  #recentBytes = 0;
  #countedAt = performance.now();
  #pause: NodeJS.Timeout | undefined;

  constructor(source: Pausable) {
    this.#source = source;
  }

  /** Counts what was read, and pauses the source where that was too much in too short a time. */
  count(bytes: number): void {
    const now = performance.now();
    const forgotten = (now - this.#countedAt) * SUSTAINED_BYTES_PER_MS;
    this.#recentBytes = Math.max(0, this.#recentBytes - forgotten) + bytes;
    this.#countedAt = now;
    if (this.#recentBytes <= BURST_BYTES || this.#pause !== undefined) return;
    this.#source.pause();
    this.#pause = setTimeout(() => this.#resume(), PAUSE_MS);
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
