/** Of all clients together; a whole scrollback of 20,000 wide, coloured lines is some 10 MiB. */
const MAX_BYTES = 256 * 1024 * 1024;
/** Answers up to this size are given whatever else waits: somebody has to look after the rest. */
const SMALL_BYTES = 64 * 1024;

/** Counts the output of commands that waits in memory for clients to read it: `… | less` may take hours. */
export class HeldOutput {
  #bytes = 0;

  /** Holds so many bytes more until the returned function is called; undefined when that is too much. */
  hold(bytes: number): (() => void) | undefined {
    if (bytes > SMALL_BYTES && this.#bytes + bytes > MAX_BYTES) return undefined;
    this.#bytes += bytes;
    let isHeld = true;
    return () => {
      if (isHeld) this.#bytes -= bytes;
      isHeld = false;
    };
  }
}
