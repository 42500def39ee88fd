/**
 * A queue with a line for each owner: owners take turns, and the things of one come in their order.
 */
export class FairQueue<T> {
  readonly #byOwner = new Map<string, Set<T>>();

  get isEmpty(): boolean {
    return this.#byOwner.size === 0;
  }

  has(owner: string, item: T): boolean {
    return this.#byOwner.get(owner)?.has(item) === true;
  }

  /** Puts something at the end of its owner's line; what stands there already keeps its position. */
  add(owner: string, item: T): void {
    const line = this.#byOwner.get(owner);
    if (line === undefined) this.#byOwner.set(owner, new Set([item]));
    else line.add(item);
  }

  delete(owner: string, item: T): void {
    const line = this.#byOwner.get(owner);
    if (line?.delete(item) === true && line.size === 0) this.#byOwner.delete(owner);
  }

  clear(): void {
    this.#byOwner.clear();
  }

  /** Takes the next thing out of the line of the owner whose turn it is. */
  shift(): T | undefined {
    for (const [owner, line] of this.#byOwner) {
      this.#byOwner.delete(owner);
      for (const item of line) {
        line.delete(item);
        if (line.size > 0) this.#byOwner.set(owner, line);
        return item;
      }
    }
    return undefined;
  }
}
