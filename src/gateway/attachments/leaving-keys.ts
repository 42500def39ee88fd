import { isLeavingKey, KeyDecoder } from '../viewer/key-decoder.js';

const CTRL_B = 0x02;
const LETTER_D = 0x64;

/** The keys of somebody who waits without a view: they can ask to leave, and everything else is dropped. */
export interface LeavingKeys {
  /** Whether they asked to leave somewhere in this piece of input. */
  asksToLeave(bytes: Uint8Array): boolean;
}

/** A driver's keys while there is nothing to type into: Ctrl-B d leaves, as it does in tmux. */
export class DriverLeavingKeys implements LeavingKeys {
  #hasPrefix = false;

  asksToLeave(bytes: Uint8Array): boolean {
    return bytes.some((byte) => {
      const asks = this.#hasPrefix && byte === LETTER_D;
      this.#hasPrefix = byte === CTRL_B;
      return asks;
    });
  }
}

/** An observer's keys while there is nothing to view: `q`, Ctrl-C, Ctrl-D and Ctrl-B d leave. */
export class ObserverLeavingKeys implements LeavingKeys {
  #hasAsked = false;
  readonly #decoder = new KeyDecoder({
    onKey: (key) => {
      this.#hasAsked ||= isLeavingKey(key);
    },
    onSyncAnswer: () => undefined,
  });

  asksToLeave(bytes: Uint8Array): boolean {
    this.#hasAsked = false;
    this.#decoder.receive(bytes);
    return this.#hasAsked;
  }
}
