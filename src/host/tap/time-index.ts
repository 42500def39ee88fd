/** Output that comes sooner than this after the last shares its entry. */
const STEP_MS = 100;

interface Entry {
  readonly offset: number;
  /** When the newest byte of the entry came. */
  until: number;
}

/**
 * Knows when the bytes of a stream came, by a bounded number of entries: when there are too many,
 * each two of the older half become one. Times only grow.
 */
export class TimeIndex {
  readonly #maxEntries: number;
  #entries: Entry[] = [];

  constructor(maxEntries: number) {
    this.#maxEntries = maxEntries;
  }

  /** Notes that bytes from `offset` on came at `time`; what is before `start` may be forgotten. */
  add(offset: number, time: number, start: number): void {
    const last = this.#entries.at(-1);
    const before = this.#entries.at(-2)?.until ?? Number.NEGATIVE_INFINITY;
    if (last !== undefined && time - before < STEP_MS) last.until = time;
    else this.#entries.push({ offset, until: time });
    if (this.#entries.length > this.#maxEntries) this.#thin(start);
  }

  /** The offset from which on everything is found that came at `time` or later. */
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
    // Where the half is odd, its last pair took an entry of the newer half.
    this.#entries = [...coarse, ...this.#entries.slice(coarse.length * 2)];
  }
}
