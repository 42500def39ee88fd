import type { Clock } from './clock.js';

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
