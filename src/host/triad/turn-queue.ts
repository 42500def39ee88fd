/** Does one thing after the other. */
export class TurnQueue {
  #last: Promise<void> = Promise.resolve();

  /** Begins `work` when what was given before is done; rejects as it does. */
  take(work: () => Promise<void>): Promise<void> {
    const turn = this.#last.then(work);
    this.#last = turn.catch(() => undefined);
    return turn;
  }

  /** Resolves when all that was given so far is done. */
  whenIdle(): Promise<void> {
    return this.#last;
  }
}
