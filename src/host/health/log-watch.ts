import type { Clock } from '../../base/clock.js';
import type { Pattern } from '../../base/pattern.js';
import type { PaneOutput } from '../tap/pane-output.js';

/**
 * How long before the news of a run its first lines may come: the keeper tells of the start, and the tap
 * of the output, over different sockets.
 */
const EARLY_MS = 1000;

export interface LogWatchOptions {
  readonly pattern: Pattern;
  readonly output: PaneOutput;
  readonly clock: Clock;
  readonly onMatch: () => void;
  /** Called when so many bytes of output were not looked at. */
  readonly onMissed: (bytes: number) => void;
}

/** Waits for a line of a run, and stops looking once there was one. */
export class LogWatch {
  readonly #options: LogWatchOptions;
  #isRunning = false;
  #matchedAt = Number.NEGATIVE_INFINITY;
  #stop: () => void = () => undefined;

  constructor(options: LogWatchOptions) {
    this.#options = options;
    this.#listen();
  }

  /** @param isMet when the line was seen before, and is not waited for. */
  begin(ageMs: number, isMet: boolean): void {
    if (this.#isRunning) this.end();
    this.#isRunning = true;
    if (isMet) this.#stop();
    else if (this.#options.clock.elapsed() - this.#matchedAt <= ageMs + EARLY_MS) {
      this.#options.onMatch();
    } else {
      this.#listen();
      // Output from before this process began to read belongs to the run that it found.
      const { output, pattern } = this.#options;
      if (output.past.some((line) => pattern.matches(line))) this.#matched();
    }
  }

  end(): void {
    this.#isRunning = false;
    this.#matchedAt = Number.NEGATIVE_INFINITY;
    this.#listen();
  }

  close(): void {
    this.#stop();
  }

  #listen(): void {
    const { output, pattern, onMissed } = this.#options;
    this.#stop();
    this.#stop = output.onLine(({ text }) => {
      if (pattern.matches(text)) this.#matched();
    }, onMissed);
  }

  #matched(): void {
    this.#stop();
    this.#matchedAt = this.#options.clock.elapsed();
    if (this.#isRunning) this.#options.onMatch();
  }
}
