import type { Readable } from 'node:stream';
import { RefusedError } from '../base/errors.js';

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
    if (bytes > maxBytes) {
      throw new RefusedError(`link: got a message of more than ${maxBytes} bytes`);
    }
    pieces.push(piece);
  }
  try {
    return JSON.parse(Buffer.concat(pieces).toString('utf8'));
  } catch (cause) {
    throw new RefusedError('link: got a message that is no JSON', { cause });
  }
}
