import { readFileSync, writeFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import type { Clock } from '../../base/clock.js';

const INTERVAL_MS = 1_000;

/** When a host was there last, for the one that comes after it: a file that is written once a second. */
export class LastSeen {
  /** Epoch ms at which the host before this one was there last, where that is known. */
  readonly before: number | undefined;
  readonly #path: string;
  readonly #clock: Clock;
  #isClosed = false;
  #takeBack: () => void = () => undefined;

  /** @param path in a private folder. */
  constructor(path: string, clock: Clock) {
    this.#path = path;
    this.#clock = clock;
    this.before = readTime(path);
    void this.#write();
  }

  close(): void {
    this.#isClosed = true;
    this.#takeBack();
    try {
      writeFileSync(this.#path, this.#now(), { mode: 0o600 });
    } catch {
      // As below.
    }
  }

  async #write(): Promise<void> {
    // Whoever comes next finds an older time where this fails, and tells of a longer gap.
    await writeFile(this.#path, this.#now(), { mode: 0o600 }).catch(() => undefined);
    if (!this.#isClosed) this.#takeBack = this.#clock.after(INTERVAL_MS, () => void this.#write());
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
