import { isLeavingKey, KeyDecoder } from '../viewer/key-decoder.js';

/**
 * What an observer's keys do while there is nothing to view: `q`, Ctrl-C, Ctrl-D and Ctrl-B d leave,
 * everything else is nothing.
 */
export class ObserverKeys {
  #hasAsked = false;
  readonly #decoder = new KeyDecoder({
    onKey: (key) => {
      this.#hasAsked ||= isLeavingKey(key);
    },
    onSyncAnswer: () => undefined,
  });

  /** Whether the observer asked to leave somewhere in this piece of input. */
  asksToLeave(bytes: Uint8Array): boolean {
    this.#hasAsked = false;
    this.#decoder.receive(bytes);
    return this.#hasAsked;
  }
}
