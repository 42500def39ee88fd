/** Something outside a process that it needs while it lives, a file or another process, and that others can take away. */
export interface Part {
  /** The name for people: `socket of the pane door`. */
  readonly name: string;
  /** What is wrong with it, for people; undefined while it is as it should be. Asked every second. */
  findFault(): string | undefined;
  /** The word for what was done about a fault; `made again` where it is not given. */
  readonly remedy?: string;
  /** Makes it what it should be, at the same place. @throws what says why that cannot be done. */
  makeAgain(): Promise<void>;
}

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

  /** Notes whether the last of the record could be written. */
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
