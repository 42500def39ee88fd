import type { Socket } from 'node:net';
import { RefusedError } from '../../base/errors.js';

const LF = 0x0a;

/**
 * Reads messages: lines of JSON (RFC 8259), each ended by LF. No more is read than what is asked for.
 *
 * Ends when the socket does, a message that is not whole is left out.
 *
 * @throws RefusedError when one is longer than `maxBytes` or no JSON; the socket is then destroyed, as it
 * is when the reader stops early.
 */
export async function* readMessages(socket: Socket, maxBytes: number): AsyncGenerator {
  let pieces: Buffer[] = [];
  let length = 0;
  for await (const bytes of socket as AsyncIterable<Buffer>) {
    let rest = bytes;
    for (let end = rest.indexOf(LF); end >= 0; end = rest.indexOf(LF)) {
      requireRoom(length + end + 1, maxBytes);
      pieces.push(rest.subarray(0, end));
      yield parsed(Buffer.concat(pieces));
      pieces = [];
      length = 0;
      rest = rest.subarray(end + 1);
    }
    pieces.push(rest);
    length += rest.length;
    requireRoom(length, maxBytes);
  }
}

/**
 * Reads one message, and goes on reading: so that its end is noticed while nothing is written.
 *
 * @throws RefusedError when it is longer than `maxBytes`, no JSON, or not whole.
 */
export function readMessage(socket: Socket, maxBytes: number): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const pieces: Buffer[] = [];
    let bytes = 0;
    socket.on('data', (piece) => {
      pieces.push(piece);
      bytes += piece.length;
      if (bytes > maxBytes) return fail(tooLong(maxBytes));
      if (!piece.includes(0x0a)) return;
      try {
        resolve(parsed(Buffer.concat(pieces)));
      } catch {
        fail(noJson());
      }
    });
    socket.once('error', reject);
    socket.once('close', () => fail(refused('no whole message')));
    const fail = (error: RefusedError) => {
      socket.destroy();
      reject(error);
    };
  });
}

function requireRoom(length: number, maxBytes: number): void {
  if (length > maxBytes) throw tooLong(maxBytes);
}

function noJson(): RefusedError {
  return refused('a message that is no JSON');
}

function tooLong(maxBytes: number): RefusedError {
  return refused(`a message of more than ${maxBytes} bytes`);
}

function parsed(line: Buffer): unknown {
  try {
    return JSON.parse(line.toString('utf8'));
  } catch {
    throw noJson();
  }
}

function refused(got: string): RefusedError {
  return new RefusedError(`control socket: expected one message, got ${got}`);
}
