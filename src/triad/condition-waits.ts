import { withDeadline } from '../base/deadline.js';

/** Waits for conditions of one thing, which says when it has changed. */
export class ConditionWaits {
  readonly #checks = new Set<() => void>();

  /** @throws DeadlineError with `what` when it is not reached in time. */
  until(isReached: () => boolean, limitMs: number, what: string): Promise<void> {
    let check: () => void = () => undefined;
    const reached = new Promise<void>((resolve) => {
      check = () => {
        if (isReached()) resolve();
      };
    });
    this.#checks.add(check);
    check();
    return withDeadline(reached, limitMs, what).finally(() => this.#checks.delete(check));
  }

  look(): void {
    for (const check of this.#checks) check();
  }
}
