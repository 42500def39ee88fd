import type { Socket } from 'node:net';
import { RefusedError } from '../../base/errors.js';

const LF = 0x0a;
const COMMA = 0x2c;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
/** Room for `{"token":"…"`, with which a request begins. */
const MAX_HEAD_BYTES = 512;
/** A request is two objects and a list of keys; JSON that is deeper or longer costs time to read. */
const MAX_DEPTH = 3;
const MAX_COMMAS = 1_024;
/** In ASCII `[` and `]` are `{` and `}` without this bit. */
const CURLY_BIT = 0x20;
const OPENING = 0x7b;
const CLOSING = 0x7d;

export interface RequestLineOptions {
  readonly maxBytes: number;
  /** Gets the token, undefined where there is none; false when no more is to be read. */
  readonly admit: (token: string | undefined) => boolean;
}

/**
 * Reads one line of JSON whose first field is the token, which is judged before the rest is read.
 *
 * @returns undefined for one that was not admitted; nothing more of it is read.
 * @throws RefusedError when it is longer than `maxBytes`, no JSON of a request's size and depth, or not
 * whole when the socket ends.
 */
export function readRequestLine(socket: Socket, options: RequestLineOptions): Promise<unknown> {
  const { maxBytes } = options;
  return new Promise((resolve, reject) => {
    const pieces: Buffer[] = [];
    let length = 0;
    let isAdmitted = false;
    const settle = (work: () => void) => {
      socket.off('data', receive).pause();
      work();
    };
    const receive = (piece: Buffer) => {
      pieces.push(piece);
      length += piece.length;
      const isWhole = piece.includes(LF);
      if (!isAdmitted && !isWhole && length < MAX_HEAD_BYTES) return;
      isAdmitted ||= options.admit(tokenOf(Buffer.concat(pieces)));
      if (!isAdmitted) settle(() => resolve(undefined));
      else if (length > maxBytes) settle(() => reject(refusal(`more than ${maxBytes} bytes`)));
      else if (isWhole) settle(() => parse(Buffer.concat(pieces), resolve, reject));
    };
    socket.on('data', receive);
    socket.once('error', reject);
    socket.once('close', () => reject(refusal('no whole line')));
  });
}

function tokenOf(head: Buffer): string | undefined {
  const text = head.subarray(0, MAX_HEAD_BYTES).toString('latin1');
  return /^\{"token":"([^"\\]{0,256})"/.exec(text)?.[1];
}

function parse(
  bytes: Buffer,
  resolve: (request: unknown) => void,
  reject: (error: RefusedError) => void,
): void {
  const line = bytes.subarray(0, bytes.indexOf(LF));
  try {
    if (isSmall(line)) resolve(JSON.parse(line.toString('utf8')));
    else reject(refusal('more in it than a request has'));
  } catch {
    reject(refusal('no JSON'));
  }
}

/**
 * Whether a request has the depth and length of one, in one pass over its bytes that builds
 * nothing.
 */
function isSmall(line: Buffer): boolean {
  let [depth, commas, isInString] = [0, 0, false];
  for (let at = 0; at < line.length; at += 1) {
    const byte = line[at] ?? 0;
    if (byte === QUOTE) isInString = !isInString;
    else if (isInString) at += byte === BACKSLASH ? 1 : 0;
    else {
      depth += Number((byte | CURLY_BIT) === OPENING) - Number((byte | CURLY_BIT) === CLOSING);
      commas += Number(byte === COMMA);
      if (depth > MAX_DEPTH || commas > MAX_COMMAS) return false;
    }
  }
  return true;
}

function refusal(got: string): RefusedError {
  return new RefusedError(`expected one line of JSON, got ${got}`);
}
