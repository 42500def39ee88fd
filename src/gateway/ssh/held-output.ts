/** Of all clients together; a whole scrollback of 20,000 wide, coloured lines is some 10 MiB. */
const MAX_BYTES = 256 * 1024 * 1024;
/** Of one engineer, so that nobody takes the room of all others. */
const MAX_ENGINEER_BYTES = 64 * 1024 * 1024;

/** Counts the output of commands that waits in memory for clients to read it: `… | less` may take hours. */
export class HeldOutput {
  readonly #ofEngineer = new Map<string, number>();
  #bytes = 0;

  /** Holds so many bytes more until the returned function is called; undefined when that is too much. */
  hold(engineer: string, bytes: number): (() => void) | undefined {
    const theirs = (this.#ofEngineer.get(engineer) ?? 0) + bytes;
    if (theirs > MAX_ENGINEER_BYTES || this.#bytes + bytes > MAX_BYTES) return undefined;
    this.#add(engineer, bytes);
    let isHeld = true;
    return () => {
      if (isHeld) this.#add(engineer, -bytes);
      isHeld = false;
    };
  }

  #add(engineer: string, bytes: number): void {
    this.#bytes += bytes;
    const theirs = (this.#ofEngineer.get(engineer) ?? 0) + bytes;
    if (theirs === 0) this.#ofEngineer.delete(engineer);
    else this.#ofEngineer.set(engineer, theirs);
  }
}
