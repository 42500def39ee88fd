/** Time as supervision sees it, so that tests can let it pass, stand still and jump. */
export interface Clock {
  /** Epoch ms. May jump either way: for people and for what outlives the process, never for waiting. */
  now(): number;
  /** Milliseconds that only grow, from an arbitrary start. */
  elapsed(): number;
  /** Calls `work` once, `delayMs` from now; the returned function takes that back. */
  after(delayMs: number, work: () => void): () => void;
}

export const SYSTEM_CLOCK: Clock = {
  now: () => Date.now(),
  elapsed: () => performance.now(),
  after: (delayMs, work) => {
    const timer = setTimeout(work, delayMs);
    return () => clearTimeout(timer);
  },
};
