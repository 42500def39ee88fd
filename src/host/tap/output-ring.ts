const FIRST_CAPACITY = 16 * 1024;
const NEWLINE = 0x0a;

/**
 * The newest bytes of a stream, by their offset in it. Grows up to `maxBytes`, then drops the oldest.
 * What is kept has no gap: a gap in the stream drops what was before it.
 */
export class OutputRing {
  #maxBytes: number;
  #bytes = Buffer.alloc(0);
  #start = 0;
  #end = 0;

  /** @param start is the offset of the first byte, which leaves room for what `prepend` puts before it. */
  constructor(maxBytes: number, start = 0) {
    this.#maxBytes = maxBytes;
    this.#start = start;
    this.#end = start;
  }

  /** Keeps at most so many bytes from now on. */
  limit(maxBytes: number): void {
    const kept = this.slice(Math.max(this.#start, this.#end - maxBytes), this.#end);
    this.#maxBytes = maxBytes;
    this.#start = this.#end - kept.length;
    this.#place(kept, kept.length);
  }

  /** Puts `bytes` before the oldest byte, or only their end where there is no room for all. */
  prepend(bytes: Uint8Array): void {
    const kept = this.slice(this.#start, this.#end);
    const room = Math.min(this.#start, this.#maxBytes - kept.length, bytes.length);
    if (room <= 0) return;
    this.#start -= room;
    const all = Buffer.concat([bytes.subarray(bytes.length - room), kept]);
    this.#place(all, all.length);
  }

  /** Offset of the oldest byte that is kept. */
  get start(): number {
    return this.#start;
  }

  /** Offset after the newest byte. */
  get end(): number {
    return this.#end;
  }

  /** Copies `bytes`. */
  append(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    const kept = bytes.subarray(Math.max(0, bytes.length - this.#maxBytes));
    this.#end += bytes.length - kept.length;
    this.#start = Math.max(this.#start, this.#end + kept.length - this.#maxBytes);
    this.#grow(this.#end - this.#start + kept.length);
    const at = this.#end % this.#bytes.length;
    const untilEnd = this.#bytes.length - at;
    this.#bytes.set(kept.subarray(0, untilEnd), at);
    this.#bytes.set(kept.subarray(untilEnd), 0);
    this.#end += kept.length;
  }

  /** Notes that so many bytes of the stream are missing here, and drops what was before them. */
  skip(count: number): void {
    this.#end += count;
    this.#start = this.#end;
  }

  /** A copy of what is kept between two offsets. */
  slice(from: number, to: number): Buffer {
    const pieces = this.#pieces(Math.max(from, this.#start), Math.min(to, this.#end));
    return Buffer.concat(pieces.map(({ bytes }) => bytes));
  }

  /** The offset at which the last `count` lines begin; a last line that is not ended counts. */
  lineStart(count: number): number {
    let from = this.#end;
    for (let line = 0; line < count; line += 1) {
      // The search begins before the newline that ends this line.
      from = this.#lastNewline(from - 1) + 1;
      if (from <= this.#start) return this.#start;
    }
    return from;
  }

  /** The offset of the last newline before `end`; without one, the offset before the oldest byte. */
  #lastNewline(end: number): number {
    for (const { offset, bytes } of this.#pieces(this.#start, end).reverse()) {
      const at = bytes.lastIndexOf(NEWLINE);
      if (at !== -1) return offset + at;
    }
    return this.#start - 1;
  }

  /** The bytes kept between two offsets, in the two pieces they are in where the ring wraps round. */
  #pieces(from: number, to: number): { offset: number; bytes: Buffer }[] {
    const pieces = [];
    for (let offset = from; offset < to; ) {
      const at = offset % this.#bytes.length;
      const bytes = this.#bytes.subarray(at, at + to - offset);
      pieces.push({ offset, bytes });
      offset += bytes.length;
    }
    return pieces;
  }

  #grow(needed: number): void {
    if (needed <= this.#bytes.length) return;
    let capacity = Math.max(this.#bytes.length, FIRST_CAPACITY);
    while (capacity < needed) capacity *= 2;
    this.#place(this.slice(this.#start, this.#end), capacity);
  }

  /** Copies what is kept into a new buffer. */
  #place(kept: Uint8Array, capacity: number): void {
    this.#bytes = Buffer.alloc(Math.min(capacity, this.#maxBytes));
    for (let from = 0; from < kept.length; ) {
      const at = (this.#start + from) % this.#bytes.length;
      const piece = kept.subarray(from, from + this.#bytes.length - at);
      this.#bytes.set(piece, at);
      from += piece.length;
    }
  }
}
