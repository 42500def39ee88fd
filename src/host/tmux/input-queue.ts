/** Above this `push` returns `full`. */
const MARK_BYTES = 64 * 1024;
/** Above these the queue closes and drops everything, since its writer ignores the mark. */
const MAX_BYTES = 16 * 1024 * 1024;
const MAX_PIECES = 64 * 1024;
/** How much is written in one turn of the event loop, in which all other input waits. */
const TURN_BYTES = 64 * 1024;
/** Pauses between two attempts while nothing is taken: doubled each time. */
const MIN_RETRY_MS = 1;
const MAX_RETRY_MS = 16;

/** `full` means to wait for the drain; after `overflow` all was dropped and the queue is closed. */
export type PushOutcome = 'room' | 'full' | 'overflow';

/**
 * Queues input for a process that may not read it: bounded, in order, and written by a timer, since
 * Node does not tell when a pseudoterminal takes input again.
 */
export class InputQueue {
  readonly #write: (bytes: Uint8Array) => number;
  #pieces: Uint8Array[] = [];
  #queuedBytes = 0;
  #droppedBytes = 0;
  #isClosed = false;
  #isAboveMark = false;
  #retryMs = MIN_RETRY_MS;
  #retry: NodeJS.Timeout | undefined;
  #onDrain: () => void = () => undefined;

  /** @param write writes what can be written at once, and returns how many bytes that were. */
  constructor(write: (bytes: Uint8Array) => number) {
    this.#write = write;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Takes ownership of `bytes`; what can be written now is written before it returns. */
  push(bytes: Uint8Array): PushOutcome {
    if (this.#isClosed) {
      this.#droppedBytes += bytes.length;
      return 'overflow';
    }
    this.#pieces.push(bytes);
    this.#queuedBytes += bytes.length;
    if (this.#retry === undefined) this.#flush();
    if (this.#queuedBytes > MAX_BYTES || this.#pieces.length > MAX_PIECES) {
      this.close();
      return 'overflow';
    }
    this.#isAboveMark = this.#queuedBytes > MARK_BYTES;
    return this.#isAboveMark ? 'full' : 'room';
  }

  /** Calls `listener` each time there is room again after `push` returned `full`. */
  onDrain(listener: () => void): void {
    this.#onDrain = listener;
  }

  /**
   * Drops everything and writes nothing any more.
   *
   * @returns how many bytes were ever dropped.
   */
  close(): number {
    this.#isClosed = true;
    clearTimeout(this.#retry);
    this.#droppedBytes += this.#queuedBytes;
    this.#queuedBytes = 0;
    this.#pieces = [];
    return this.#droppedBytes;
  }

  #flush(): void {
    const written = this.#writeTurn();
    this.#retryMs = written > 0 ? MIN_RETRY_MS : Math.min(this.#retryMs * 2, MAX_RETRY_MS);
    this.#retry =
      this.#pieces.length === 0 ? undefined : setTimeout(() => this.#flushLater(), this.#retryMs);
  }

  #flushLater(): void {
    this.#flush();
    if (!this.#isAboveMark || this.#queuedBytes > MARK_BYTES) return;
    this.#isAboveMark = false;
    this.#onDrain();
  }

  /** Writes until nothing more is taken; returns the bytes written. */
  #writeTurn(): number {
    let written = 0;
    for (let piece = this.#pieces[0]; piece !== undefined && written < TURN_BYTES; ) {
      const taken = this.#write(piece);
      if (taken === 0) break;
      written += taken;
      if (taken < piece.length) this.#pieces[0] = piece.subarray(taken);
      else this.#pieces.shift();
      piece = this.#pieces[0];
    }
    this.#queuedBytes -= written;
    return written;
  }
}
