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

export interface Pause {
  readonly clock: Clock;
  readonly delayMs: number;
  /** Whoever aborts it ends the pause, and leaves no timer behind. */
  readonly signal: AbortSignal;
}

/** Resolves after `delayMs`, or at once where nobody waits any more. */
export function pause({ clock, delayMs, signal }: Pause): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      takeBack();
      signal.removeEventListener('abort', end);
      resolve();
    };
    const takeBack = clock.after(delayMs, end);
    if (signal.aborted) end();
    else signal.addEventListener('abort', end);
  });
}
