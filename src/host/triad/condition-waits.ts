import { withDeadline } from '../../base/deadline.js';
import { UnavailableError } from '../../base/errors.js';

/** Waits for conditions of one thing, whose owner calls `recheck` after each change. */
export class ConditionWaits {
  readonly #checks = new Set<() => void>();
  #isClosed = false;

  /** @throws DeadlineError with `what` when the limit is over; UnavailableError when this was closed. */
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

  /** Rejects every wait whose condition is not reached. Idempotent. */
  close(): void {
    this.#isClosed = true;
    this.recheck();
  }
}
