import type { Socket } from 'node:net';

/** RFC 4253 §4.2: at most 255 characters, the end of the line included. */
const MAX_IDENTIFICATION_BYTES = 255;
const LINE_FEED = 0x0a;
const IDENTIFICATION = /^SSH-(?:2\.0|1\.99)-[^ \r\n]+(?: [^\r\n]*)?\r?\n$/;

/**
 * Hands ssh2 the client's identification line in one piece, since its parser loses all of it that
 * comes in a third segment. Call it before ssh2 gets the socket. A client whose first line is too
 * long, or is none, is told to `onRefused`, and read no more.
 *
 * The gateway's own identification must not wait for the client's (some wait for ours), so ssh2
 * starts at once and only its reader is put aside until the line is there.
 */
export function joinIdentification(socket: Socket, onRefused: (reason: string) => void): void {
  function takeOver(event: string | symbol, feed: (bytes: Buffer) => void): void {
    if (event !== 'data') return;
    socket.off('newListener', takeOver);
    // The event comes before the listener is added; data flows only after this microtask.
    queueMicrotask(() => collectLine(socket, feed, onRefused));
  }
  socket.on('newListener', takeOver);
}

function collectLine(
  socket: Socket,
  feed: (bytes: Buffer) => void,
  onRefused: (reason: string) => void,
): void {
  let received: Buffer = Buffer.alloc(0);
  function refuse(reason: string): void {
    socket.off('data', collect);
    onRefused(reason);
  }
  function collect(bytes: Buffer): void {
    received = received.length === 0 ? bytes : Buffer.concat([received, bytes]);
    const end = received.indexOf(LINE_FEED);
    const length = end < 0 ? received.length + 1 : end + 1;
    if (length > MAX_IDENTIFICATION_BYTES) {
      refuse('client sent a first line that is too long');
    } else if (end >= 0 && !IDENTIFICATION.test(received.toString('latin1', 0, length))) {
      refuse('client sent no SSH identification');
    } else if (end >= 0) {
      socket.off('data', collect);
      socket.on('data', feed);
      feed(received);
    }
  }
  socket.off('data', feed);
  socket.on('data', collect);
}
