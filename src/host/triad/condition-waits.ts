import { withDeadline } from '../../base/deadline.js';
import { UnavailableError } from '../../base/errors.js';

/** Waits for conditions of one thing, which says when it has changed. */
export class ConditionWaits {
  readonly #checks = new Set<() => void>();
  #isClosed = false;

  /** @throws DeadlineError with `what` when it is not reached in time; UnavailableError when closed. */
  until(isReached: () => boolean, limitMs: number, what: string): Promise<void> {
    let check: () => void = () => undefined;
    const reached = new Promise<void>((resolve, reject) => {
      check = () => {
        if (isReached()) resolve();
        else if (this.#isClosed) reject(new UnavailableError(`${what} is not watched any more`));
      };
    });
    this.#checks.add(check);
    check();
    return withDeadline(reached, limitMs, what).finally(() => this.#checks.delete(check));
  }

  recheck(): void {
    for (const check of this.#checks) check();
  }

  /** Nothing is waited for any more. */
  close(): void {
    this.#isClosed = true;
    this.recheck();
  }
}
