import { readFileSync, writeFileSync } from 'node:fs';
import type { Clock } from '../base/clock.js';

const INTERVAL_MS = 1_000;

/** When a host was there last, for the one that comes after it: a file that is written once a second. */
export class LastSeen {
  /** Epoch ms at which the host before this one was there last, where that is known. */
  readonly before: number | undefined;
  readonly #path: string;
  readonly #clock: Clock;
  #takeBack: () => void = () => undefined;

  /** @param path in a private folder. */
  constructor(path: string, clock: Clock) {
    this.#path = path;
    this.#clock = clock;
    this.before = readTime(path);
    this.#write();
  }

  close(): void {
    this.#write();
    this.#takeBack();
  }

  #write(): void {
    this.#takeBack();
    try {
      writeFileSync(this.#path, `${this.#clock.now()}\n`, { mode: 0o600 });
    } catch {
      // Whoever comes next then finds an older time, and tells of a longer gap.
    }
    this.#takeBack = this.#clock.after(INTERVAL_MS, () => this.#write());
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
