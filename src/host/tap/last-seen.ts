import { readFileSync, writeFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import type { Clock } from '../../base/clock.js';

const INTERVAL_MS = 1_000;

/** Remembers when a host last ran, for the next one, in a file that is written once a second. */
export class LastSeen {
  /** Epoch ms at which the host before this one last ran, where that is known. */
  readonly before: number | undefined;
  readonly #path: string;
  readonly #clock: Clock;
  #isClosed = false;
  #cancelTimer: () => void = () => undefined;

  /** @param path is in a private folder. */
  constructor(path: string, clock: Clock) {
    this.#path = path;
    this.#clock = clock;
    this.before = readTime(path);
    void this.#write();
  }

  close(): void {
    this.#isClosed = true;
    this.#cancelTimer();
    try {
      writeFileSync(this.#path, this.#now(), { mode: 0o600 });
    } catch {
      // The next host finds an older time, as in `#write`.
    }
  }

  async #write(): Promise<void> {
    // Where this fails, the next host finds an older time and tells of a longer gap.
    await writeFile(this.#path, this.#now(), { mode: 0o600 }).catch(() => undefined);
    if (this.#isClosed) return;
    this.#cancelTimer = this.#clock.after(INTERVAL_MS, () => void this.#write());
  }

  #now(): string {
    return `${this.#clock.now()}\n`;
  }
}

function readTime(path: string): number | undefined {
  try {
    const time = Number(readFileSync(path, 'utf8'));
    return Number.isSafeInteger(time) && time > 0 ? time : undefined;
  } catch {
    return undefined;
  }
}
