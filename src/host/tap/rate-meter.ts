const BUCKET_MS = 1_000;
const BUCKETS = 5;

/** Measures how much came per second, over the last five seconds. */
export class RateMeter {
  readonly #counts = new Array<number>(BUCKETS).fill(0);
  #newest = 0;

  /** @param elapsedMs is never less than at the call before. */
  add(count: number, elapsedMs: number): void {
    this.#moveTo(elapsedMs);
    const at = this.#newest % BUCKETS;
    this.#counts[at] = (this.#counts[at] ?? 0) + count;
  }

  perSecond(elapsedMs: number): number {
    this.#moveTo(elapsedMs);
    return this.#counts.reduce((sum, count) => sum + count, 0) / BUCKETS;
  }

  /** Empties the buckets whose time is over. */
  #moveTo(elapsedMs: number): void {
    const bucket = Math.floor(elapsedMs / BUCKET_MS);
    const steps = Math.min(BUCKETS, Math.max(0, bucket - this.#newest));
    for (let step = 0; step < steps; step += 1) this.#counts[(bucket - step) % BUCKETS] = 0;
    this.#newest = Math.max(this.#newest, bucket);
  }
}
