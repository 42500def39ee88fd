import { DeadlineError } from './errors.js';

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
    timer = setTimeout(() => reject(new DeadlineError(waitedFor, limitMs)), limitMs);
  });
  try {
    return await Promise.race([work, deadline]);
  } finally {
    clearTimeout(timer);
  }
}
