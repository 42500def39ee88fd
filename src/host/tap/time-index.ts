/** Output that comes sooner after the last is told apart from it no more. */
const STEP_MS = 100;

interface Entry {
  readonly offset: number;
  /** When the newest byte of it came. */
  until: number;
}

/**
 * When the bytes of a stream came, for a bounded number of moments: where there are too many, the
 * older half of them is told apart half as finely. Times only grow.
 */
export class TimeIndex {
  readonly #maxEntries: number;
  #entries: Entry[] = [];

  constructor(maxEntries: number) {
    this.#maxEntries = maxEntries;
  }

  /** Bytes from `offset` on came at `time`; what is before `start` can be forgotten. */
  add(offset: number, time: number, start: number): void {
    const last = this.#entries.at(-1);
    const before = this.#entries.at(-2)?.until ?? Number.NEGATIVE_INFINITY;
    if (last !== undefined && time - before < STEP_MS) last.until = time;
    else this.#entries.push({ offset, until: time });
    if (this.#entries.length > this.#maxEntries) this.#thin(start);
  }

  /** The first offset from which on everything that came at `time` or later is found. */
  find(time: number): number | undefined {
    return this.#entries.find((entry) => entry.until >= time)?.offset;
  }

  #thin(start: number): void {
    const firstKept = this.#entries.findIndex((_, index, all) => {
      const next = all[index + 1];
      return next === undefined || next.offset > start;
    });
    this.#entries.splice(0, firstKept);
    if (this.#entries.length <= this.#maxEntries / 2) return;
    const half = this.#entries.length >> 1;
    const coarse: Entry[] = [];
    for (let at = 0; at < half; at += 2) {
      const [first, second] = [this.#entries[at], this.#entries[at + 1]];
      if (first !== undefined) {
        coarse.push({ offset: first.offset, until: (second ?? first).until });
      }
    }
    // An odd half took the second of its last pair from the newer one.
    this.#entries = [...coarse, ...this.#entries.slice(coarse.length * 2)];
  }
}
