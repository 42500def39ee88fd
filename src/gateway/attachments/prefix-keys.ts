const CTRL_B = 0x02;
const LETTER_D = 0x64;

/** A driver's keys while there is nothing to type into: Ctrl-B d leaves, as it does in tmux. */
export class PrefixKeys {
  #hasPrefix = false;

  asksToLeave(bytes: Uint8Array): boolean {
    return bytes.some((byte) => {
      const asks = this.#hasPrefix && byte === LETTER_D;
      this.#hasPrefix = byte === CTRL_B;
      return asks;
    });
  }
}
