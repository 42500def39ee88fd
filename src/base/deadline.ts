import type { Clock } from './clock.js';
import { DeadlineError, RefusedError } from './errors.js';

/**
 * Waits for `work`, at most `limitMs`.
 *
 * @throws DeadlineError that names `waitedFor`; `work` itself is not stopped.
 */
export async function withDeadline<T>(
  work: Promise<T>,
  limitMs: number,
  waitedFor: string,
): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<never>((_resolve, reject) => {
    const giveUp = () => reject(new DeadlineError(waitedFor, limitMs));
    // Node calls timers before it reads: what came while this process was stopped is read first.
    timer = setTimeout(() => setImmediate(giveUp), limitMs);
  });
  try {
    return await Promise.race([work, deadline]);
  } finally {
    clearTimeout(timer);
  }
}

export interface TimeLimit {
  readonly clock: Clock;
  readonly limitMs: number;
  /** Aborting it gives the work up. */
  readonly signal: AbortSignal;
  /** What is named in the message of the error. */
  readonly waitedFor: string;
}

/**
 * Does `work` for at most `limitMs`; then, and when `limit.signal` is aborted, the signal that it was
 * given is aborted, and nobody waits for it any more.
 *
 * @throws DeadlineError when it took too long; RefusedError when it was not wanted any more.
 */
export function withTimeLimit<T>(
  limit: TimeLimit,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const { clock, limitMs, signal, waitedFor } = limit;
  const controller = new AbortController();
  return new Promise<T>((resolve, reject) => {
    const giveUp = (error: Error): void => {
      forget();
      reject(error);
      controller.abort();
    };
    const stop = (): void => giveUp(new RefusedError(`${waitedFor} was stopped`));
    const takeBack = clock.after(limitMs, () => giveUp(new DeadlineError(waitedFor, limitMs)));
    const forget = (): void => {
      takeBack();
      signal.removeEventListener('abort', stop);
    };
    if (signal.aborted) return stop();
    signal.addEventListener('abort', stop);
    work(controller.signal).then(resolve, reject).finally(forget);
  });
}
