import { TriadError } from '../../base/errors.js';
import { visible } from '../../base/visible.js';

/**
 * The protocol of tap and host (`tap.cc` is the other end).
 *
 * From the tap: frames of one byte of kind and four bytes of a number, big endian. `p`, first of all: so
 * many bytes of `PANE FROM END PID` follow, see `TapHello`. `o`: so many bytes of output follow. `g`: so
 * many were dropped here. `i`, after each question: so many bytes of input wait in the pane's terminal,
 * with `CANONICAL_INPUT` added in canonical mode, or `UNKNOWN_INPUT`.
 * From the host: `?`, the question; `t` and eight bytes of an offset, before which all is taken for good.
 */
export type TapFrame =
  | ({ readonly kind: 'pane' } & TapHello)
  | { readonly kind: 'output'; readonly bytes: Uint8Array }
  | { readonly kind: 'gap'; readonly bytes: number }
  | { readonly kind: 'input'; readonly bytes: number };

/** What a tap tells each host first; its offsets count the bytes that it has read of its pane. */
export interface TapHello {
  readonly name: string;
  /** The offset at which its stream goes on: a host has taken all before it. */
  readonly from: number;
  /** The offset before which everything came while no host was there. */
  readonly end: number;
  /** The tap's process id; undefined for a tap of an earlier Triad. */
  readonly pid: number | undefined;
}

export function takenWord(offset: number): Uint8Array {
  const word = Buffer.alloc(9, 't');
  word.writeBigUInt64BE(BigInt(offset), 1);
  return word;
}

/** The answer of a tap that could not ask the terminal. */
export const UNKNOWN_INPUT = 0xffffffff;
/** Added to the answer where the terminal is in canonical mode; a tap of an earlier Triad never does. */
export const CANONICAL_INPUT = 2 ** 31;

const HEAD_BYTES = 5;
const [PANE, OUTPUT, GAP, INPUT] = [...Buffer.from('pogi')];
const MAX_HELLO_BYTES = 128;
const MAX_OUTPUT_BYTES = 64 * 1024;

/** The other end of the taps' socket broke the protocol. */
export class TapProtocolError extends TriadError {
  override name = 'TapProtocolError';
  readonly code = 'tap-protocol';
}

/** Cuts what a tap sends into frames; output is passed on in the pieces that it comes in. */
export class TapFrameReader {
  readonly #head = Buffer.alloc(HEAD_BYTES);
  #headBytes = 0;
  #hello: Buffer | undefined;
  #left = 0;

  /**
   * @returns the frames in `bytes`; those with output refer to `bytes` itself.
   * @throws TapProtocolError; the stream cannot be read on after that.
   */
  *read(bytes: Uint8Array): Generator<TapFrame> {
    let at = 0;
    while (at < bytes.length) {
      if (this.#left > 0) {
        const piece = bytes.subarray(at, at + this.#left);
        at += piece.length;
        this.#left -= piece.length;
        yield* this.#take(piece);
      } else {
        at += this.#takeHead(bytes.subarray(at));
        if (this.#headBytes === HEAD_BYTES) yield* this.#begin();
      }
    }
  }

  #takeHead(bytes: Uint8Array): number {
    const taken = bytes.subarray(0, HEAD_BYTES - this.#headBytes);
    this.#head.set(taken, this.#headBytes);
    this.#headBytes += taken.length;
    return taken.length;
  }

  *#begin(): Generator<TapFrame> {
    this.#headBytes = 0;
    const kind = this.#head[0];
    const number = this.#head.readUInt32BE(1);
    if (kind === GAP || kind === INPUT) {
      yield { kind: kind === GAP ? 'gap' : 'input', bytes: number };
      return;
    }
    const max = kind === OUTPUT ? MAX_OUTPUT_BYTES : kind === PANE ? MAX_HELLO_BYTES : 0;
    if (number === 0 || number > max) {
      throw new TapProtocolError(`expected a tap's frame, got ${this.#head.toString('hex')}`);
    }
    this.#left = number;
    this.#hello = kind === PANE ? Buffer.alloc(number) : undefined;
  }

  *#take(piece: Uint8Array): Generator<TapFrame> {
    if (this.#hello === undefined) {
      yield { kind: 'output', bytes: piece };
      return;
    }
    this.#hello.set(piece, this.#hello.length - this.#left - piece.length);
    if (this.#left === 0) yield { kind: 'pane', ...parseHello(this.#hello.toString('latin1')) };
  }
}

function parseHello(text: string): TapHello {
  const words = /^(\S+) (\d{1,15}) (\d{1,15})(?: (\d{1,10}))?$/.exec(text);
  const [, name = '', from, end, pid] = words ?? [];
  if (name === '') throw new TapProtocolError(`expected a tap's pane, got ${visible(text)}`);
  return {
    ...{ name, from: Number(from), end: Number(end) },
    pid: pid === undefined ? undefined : Number(pid),
  };
}
