import type { Socket } from 'node:net';
import { RefusedError } from './errors.js';

const LF = 0x0a;

/**
 * Reads one line of JSON (RFC 8259), ended by LF. What comes after it is dropped, so that the end of the
 * socket is noticed while nothing is written.
 *
 * @throws RefusedError when it is longer than `maxBytes` with its LF, no JSON, or not whole when the socket ends.
 */
export function readJsonLine(socket: Socket, maxBytes: number): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const pieces: Buffer[] = [];
    let length = 0;
    const receive = (piece: Buffer) => {
      const end = piece.indexOf(LF);
      const part = end < 0 ? piece : piece.subarray(0, end + 1);
      pieces.push(part);
      length += part.length;
      if (end < 0 && length <= maxBytes) return;
      socket.off('data', receive);
      if (length > maxBytes) reject(tooLong(maxBytes));
      else resolve(parsed(Buffer.concat(pieces)));
    };
    socket.on('data', receive);
    socket.once('error', reject);
    socket.once('close', () => reject(refused('no whole line')));
  });
}

/**
 * Reads lines of JSON, each ended by LF; no more is read than what is asked for. Ends when the socket does,
 * and leaves out a line that is not whole.
 *
 * @throws RefusedError when one is longer than `maxBytes` or no JSON; the socket is then destroyed, as it
 * is when the reader stops early.
 */
export async function* readJsonLines(socket: Socket, maxBytes: number): AsyncGenerator {
  let pieces: Buffer[] = [];
  let length = 0;
  for await (const bytes of socket as AsyncIterable<Buffer>) {
    let rest = bytes;
    for (let end = rest.indexOf(LF); end >= 0; end = rest.indexOf(LF)) {
      requireRoom(length + end + 1, maxBytes);
      pieces.push(rest.subarray(0, end));
      yield await parsed(Buffer.concat(pieces));
      pieces = [];
      length = 0;
      rest = rest.subarray(end + 1);
    }
    pieces.push(rest);
    length += rest.length;
    requireRoom(length, maxBytes);
  }
}

function requireRoom(length: number, maxBytes: number): void {
  if (length > maxBytes) throw tooLong(maxBytes);
}

async function parsed(line: Buffer): Promise<unknown> {
  try {
    return JSON.parse(line.toString('utf8'));
  } catch {
    throw refused('no JSON');
  }
}

function tooLong(maxBytes: number): RefusedError {
  return refused(`more than ${maxBytes} bytes`);
}

function refused(got: string): RefusedError {
  return new RefusedError(`expected one line of JSON, got ${got}`);
}
