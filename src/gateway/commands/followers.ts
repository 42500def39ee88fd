import { RefusedError } from '../../base/errors.js';

/** Each asks the host something and waits; nobody needs more, and a whole team finds room there. */
const MAX_OF_ENGINEER = 16;

/** Counts the answers that go on, so that nobody has any number of them. */
export class Followers {
  readonly #counts = new Map<string, number>();
  #refused = 0;

  /** How many were too many. */
  get refused(): number {
    return this.#refused;
  }

  /**
   * Counts one more until the returned function is called.
   *
   * @throws RefusedError where somebody has too many.
   */
  take(engineer: string): () => void {
    const count = this.#counts.get(engineer) ?? 0;
    if (count >= MAX_OF_ENGINEER) {
      this.#refused += 1;
      throw new RefusedError(`you follow ${MAX_OF_ENGINEER} things already`, {
        hint: 'end one of them and try again',
      });
    }
    this.#counts.set(engineer, count + 1);
    return () => this.#release(engineer);
  }

  #release(engineer: string): void {
    const count = (this.#counts.get(engineer) ?? 1) - 1;
    if (count === 0) this.#counts.delete(engineer);
    else this.#counts.set(engineer, count);
  }
}
