export interface ActionQueueOptions {
  readonly maxAtOnce: number;
  /** Actions beyond this are refused. */
  readonly maxWaiting: number;
}

interface Waiting {
  readonly rule: string;
  readonly act: () => Promise<void>;
}

/** Does what rules ask for, in order, a few at once and never two of the same rule. */
export class ActionQueue {
  readonly #options: ActionQueueOptions;
  readonly #active = new Set<string>();
  #waiting: Waiting[] = [];

  constructor(options: ActionQueueOptions) {
    this.#options = options;
  }

  /**
   * @param act never rejects.
   * @returns false when too many wait already.
   */
  add(rule: string, act: () => Promise<void>): boolean {
    if (this.#waiting.length >= this.#options.maxWaiting) return false;
    this.#waiting.push({ rule, act });
    this.#goOn();
    return true;
  }

  /** Drops the actions that wait; those under way go on. */
  clear(): void {
    this.#waiting = [];
  }

  #goOn(): void {
    while (this.#active.size < this.#options.maxAtOnce) {
      const next = this.#waiting.findIndex(({ rule }) => !this.#active.has(rule));
      const [taken] = next === -1 ? [] : this.#waiting.splice(next, 1);
      if (taken === undefined) return;
      this.#active.add(taken.rule);
      void taken.act().finally(() => {
        this.#active.delete(taken.rule);
        this.#goOn();
      });
    }
  }
}
