import type { Part } from './part.js';

/** A record that goes on while it cannot be written, as a part: it is tried again, and `status` says so. */
export class WrittenPart implements Part {
  readonly remedy = 'written';
  readonly name: string;
  readonly #write: () => void;
  #isBehind = false;

  /** @param write what was left, or a line that says what is missing; throws while that is not possible. */
  constructor(name: string, write: () => void) {
    this.name = name;
    this.#write = write;
  }

  /** Whether the last of it was written. */
  note(isWritten: boolean): void {
    this.#isBehind = !isWritten;
  }

  findFault(): string | undefined {
    return this.#isBehind ? 'is behind' : undefined;
  }

  async makeAgain(): Promise<void> {
    this.#write();
    this.#isBehind = false;
  }
}
