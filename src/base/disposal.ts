import { withDeadline } from './deadline.js';
import { RefusedError } from './errors.js';

/** How long one thing may take to close, so that it does not keep the others open. */
const CLOSE_LIMIT_MS = 5_000;

type Closer = () => void | Promise<void>;

/**
 * What has to be closed again, in the reverse order of its making.
 *
 * Node 20 has `Symbol.asyncDispose` but no `AsyncDisposableStack`; this is the part of it we use.
 */
export class Disposal implements AsyncDisposable {
  readonly #closers: Closer[] = [];
  #closing: Promise<void> | undefined;

  /** Registers how to close a thing; call it in the line after the thing is made. */
  defer(close: Closer): void {
    this.#closers.push(close);
    // A thing made while everything is being closed is closed with the rest, or right after it.
    if (this.#closing !== undefined) {
      this.#closing = this.#closing.finally(() => this.#closeAll());
      this.#closing.catch(() => undefined);
    }
  }

  /**
   * Closes everything, even where one closing fails or takes too long, and then throws the first
   * failure. Idempotent.
   */
  close(): Promise<void> {
    this.#closing ??= this.#closeAll();
    return this.#closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #closeAll(): Promise<void> {
    const failures: unknown[] = [];
    for (let close = this.#closers.pop(); close !== undefined; close = this.#closers.pop()) {
      try {
        await withDeadline(Promise.resolve(close()), CLOSE_LIMIT_MS, 'a part to close');
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
  }
}

/**
 * Makes a thing of several parts: where one cannot be made, those before it are closed again.
 *
 * @param stop aborted by whoever does not want it any more: what was made is closed, and what is made
 * later is closed at once; nobody waits for that.
 */
export async function allOrNothing<T>(
  make: (disposal: Disposal) => Promise<T>,
  stop?: AbortSignal,
): Promise<T> {
  const disposal = new Disposal();
  let giveUp: () => void = () => undefined;
  const stopped = new Promise<never>((_resolve, reject) => {
    const tell = () => reject(new RefusedError('stopped in the middle'));
    giveUp = () => void disposal.close().then(tell, reject);
  });
  stop?.addEventListener('abort', giveUp);
  try {
    stop?.throwIfAborted();
    return await Promise.race([make(disposal), stopped]);
  } catch (error) {
    await disposal.close();
    throw error;
  } finally {
    stop?.removeEventListener('abort', giveUp);
  }
}
