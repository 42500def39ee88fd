import type { Readable } from 'node:stream';
import { RefusedError } from '../base/errors.js';
import type { Slices } from '../base/slices.js';

const LF = 0x0a;

/**
 * Reads a stream to its end as JSON.
 *
 * @throws RefusedError when it is longer than `maxBytes`, no JSON, or ends before it is whole.
 */
export async function readJson(stream: Readable, maxBytes: number): Promise<unknown> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of stream as AsyncIterable<Buffer>) {
    bytes += piece.length;
    if (bytes > maxBytes) throw tooLong(maxBytes);
    pieces.push(piece);
  }
  return parsed(Buffer.concat(pieces));
}

/**
 * Reads a stream to its end as lines of JSON, each ended by LF, in slices.
 *
 * @throws RefusedError as `readJson` does.
 */
export async function readJsonLines(
  stream: Readable,
  { maxBytes, slices }: { readonly maxBytes: number; readonly slices: Slices },
): Promise<unknown[]> {
  const lines: unknown[] = [];
  let rest = Buffer.alloc(0);
  let bytes = 0;
  for await (const piece of stream as AsyncIterable<Buffer>) {
    bytes += piece.length;
    if (bytes > maxBytes) throw tooLong(maxBytes);
    rest = Buffer.concat([rest, piece]);
    for (let end = rest.indexOf(LF); end >= 0; end = rest.indexOf(LF)) {
      if (slices.isOver) await slices.next();
      lines.push(parsed(rest.subarray(0, end)));
      rest = rest.subarray(end + 1);
    }
  }
  if (rest.length > 0) throw noJson();
  return lines;
}

function parsed(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch (cause) {
    throw noJson(cause);
  }
}

function noJson(cause?: unknown): RefusedError {
  return new RefusedError('link: got a message that is no JSON', { cause });
}

function tooLong(maxBytes: number): RefusedError {
  return new RefusedError(`link: got a message of more than ${maxBytes} bytes`);
}
