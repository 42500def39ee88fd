import type { Socket } from 'node:net';
import { RefusedError } from '../base/errors.js';

/**
 * Reads one message: a line of JSON (RFC 8259), ended by LF.
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
      if (bytes > maxBytes) return fail(`a message of more than ${maxBytes} bytes`);
      if (!piece.includes(0x0a)) return;
      try {
        resolve(JSON.parse(Buffer.concat(pieces).toString('utf8')));
      } catch {
        fail('a message that is no JSON');
      }
    });
    socket.once('error', reject);
    socket.once('close', () => fail('no whole message'));
    const fail = (got: string) => {
      socket.destroy();
      reject(new RefusedError(`control socket: expected one message, got ${got}`));
    };
  });
}
