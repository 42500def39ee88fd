import { isLeavingKey, KeyDecoder } from '../viewer/key-decoder.js';

/**
 * The keys of somebody who waits without a view: they can ask to leave, and everything else is dropped. Ctrl-B d
 * leaves, as it does in tmux; for observers `q`, Ctrl-C and Ctrl-D do so, too, as in their viewer.
 */
export class LeavingKeys {
  #hasAsked = false;
  readonly #decoder: KeyDecoder;

  constructor(isDriver: boolean) {
    this.#decoder = new KeyDecoder({
      onKey: (key) => {
        this.#hasAsked ||= isDriver ? key === 'Detach' : isLeavingKey(key);
      },
      onAnswer: () => undefined,
    });
  }

  /** Whether they asked to leave somewhere in this piece of input. */
  asksToLeave(bytes: Uint8Array): boolean {
    this.#hasAsked = false;
    this.#decoder.receive(bytes);
    return this.#hasAsked;
  }
}
