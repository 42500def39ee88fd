/**
 * What has to be closed again, in the reverse order of its making.
 *
 * Node 20 has `Symbol.asyncDispose` but no `AsyncDisposableStack`; this is the part of it we use.
 */
export class Disposal implements AsyncDisposable {
  #closers: (() => void | Promise<void>)[] = [];

  /** Registers how to close a thing; call it in the line after the thing is made. */
  defer(close: () => void | Promise<void>): void {
    this.#closers.push(close);
  }

  /** Closes everything, even where one closing fails, and then throws the first failure. Idempotent. */
  async close(): Promise<void> {
    const closers = this.#closers.reverse();
    this.#closers = [];
    const failures: unknown[] = [];
    for (const close of closers) {
      try {
        await close();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

/** Makes a thing of several parts: where one cannot be made, those before it are closed again. */
export async function allOrNothing<T>(make: (disposal: Disposal) => Promise<T>): Promise<T> {
  const disposal = new Disposal();
  try {
    return await make(disposal);
  } catch (error) {
    await disposal.close();
    throw error;
  }
}
