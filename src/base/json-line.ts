import type { Socket } from 'node:net';
import { RefusedError } from './errors.js';

const LF = 0x0a;

/**
 * Reads one line of JSON (RFC 8259), ended by LF; what comes after it is dropped.
 *
 * @throws RefusedError when it is longer than `maxBytes`, no JSON, or not whole when the socket ends.
 */
export function readJsonLine(socket: Socket, maxBytes: number): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const pieces: Buffer[] = [];
    let bytes = 0;
    const refuse = (got: string) => {
      socket.off('data', receive);
      reject(new RefusedError(`expected one line of JSON, got ${got}`));
    };
    const receive = (piece: Buffer) => {
      pieces.push(piece);
      bytes += piece.length;
      const end = piece.indexOf(LF);
      if (end < 0 && bytes <= maxBytes) return;
      const length = end < 0 ? bytes : bytes - piece.length + end;
      if (length > maxBytes) {
        refuse(`more than ${maxBytes} bytes`);
        return;
      }
      socket.off('data', receive);
      try {
        resolve(JSON.parse(Buffer.concat(pieces).subarray(0, length).toString('utf8')));
      } catch {
        refuse('no JSON');
      }
    };
    socket.on('data', receive);
    socket.once('error', reject);
    socket.once('close', () => refuse('no whole line'));
  });
}
