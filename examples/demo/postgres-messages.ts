import { DemoError } from './demo-error.js';

/** Larger messages come from nobody who belongs here; an embedding has some 100 KiB at most. */
const MAX_MESSAGE_BYTES = 4 * 1024 * 1024;

const SSL_REQUEST = 80_877_103;
const GSS_REQUEST = 80_877_104;
const CANCEL_REQUEST = 80_877_102;
const PROTOCOL_3_0 = 196_608;

/** PGlite waits for the data in a loop that fills all memory. */
const COPY_IN = /(?:^|;)\s*copy\b[^;]*\bfrom\s+stdin\b/i;

/** Query, Parse, Bind, Describe, Execute, Close, Flush, Sync: others can stop PGlite for good. */
const QUERY_MESSAGES = 'QPBDECHS';

/** What a client of the PostgreSQL protocol wants next. */
export type Request =
  /** Encryption: to be declined with `N`. */
  | { readonly kind: 'encryption' }
  /** The start of a session: to be answered with `greeting()`. */
  | { readonly kind: 'session' }
  /** Messages that belong together, to be executed without another's in between. */
  | { readonly kind: 'batch'; readonly messages: readonly Buffer[] }
  | { readonly kind: 'end' };

/**
 * Cuts the bytes of a client into requests (PostgreSQL manual, "Message Formats").
 *
 * The messages of an extended query are held back until its Sync, so that what a client that dies
 * halfway has sent is never begun.
 */
export class RequestReader {
  #bytes = Buffer.alloc(0);
  #pending: Buffer[] = [];
  #pendingBytes = 0;
  #isStarted = false;

  push(chunk: Buffer): void {
    this.#bytes = Buffer.concat([this.#bytes, chunk]);
  }

  /** The next complete request; throws DemoError where the client does not keep the protocol. */
  next(): Request | undefined {
    for (;;) {
      const message = this.#takeMessage();
      if (message === undefined) return undefined;
      const request = this.#isStarted ? this.#take(message) : this.#start(message);
      if (request !== undefined) return request;
    }
  }

  /** Before the start-up message is through, messages have no type byte. */
  #takeMessage(): Buffer | undefined {
    const typeBytes = this.#isStarted ? 1 : 0;
    if (this.#bytes.length < typeBytes + 4) return undefined;
    const length = this.#bytes.readUInt32BE(typeBytes);
    if (length < 4 || length + this.#pendingBytes > MAX_MESSAGE_BYTES) {
      throw new DemoError(`a message of ${length} bytes`);
    }
    if (this.#bytes.length < typeBytes + length) return undefined;
    const message = this.#bytes.subarray(0, typeBytes + length);
    this.#bytes = this.#bytes.subarray(typeBytes + length);
    return message;
  }

  #start(message: Buffer): Request {
    const code = message.length >= 8 ? message.readUInt32BE(4) : 0;
    if (code === SSL_REQUEST || code === GSS_REQUEST) return { kind: 'encryption' };
    if (code === CANCEL_REQUEST) return { kind: 'end' };
    if (code !== PROTOCOL_3_0) throw new DemoError('another protocol than 3.0');
    this.#isStarted = true;
    return { kind: 'session' };
  }

  #take(message: Buffer): Request | undefined {
    const type = String.fromCharCode(message[0] ?? 0);
    if (type === 'X') return { kind: 'end' };
    if (!QUERY_MESSAGES.includes(type)) throw new DemoError('a message that is part of no query');
    if (type === 'Q' && message.at(-1) !== 0) throw new DemoError('a query without an end');
    if ('QP'.includes(type) && COPY_IN.test(textOf(message))) {
      throw new DemoError('COPY FROM STDIN');
    }
    this.#pending.push(message);
    this.#pendingBytes += message.length;
    if (type !== 'Q' && type !== 'S') return undefined;
    const messages = this.#pending;
    this.#pending = [];
    this.#pendingBytes = 0;
    return { kind: 'batch', messages };
  }
}

/** What a server says to a client that it lets in. */
export function greeting(parameters: Readonly<Record<string, string>>): Buffer {
  const statuses = Object.entries(parameters).map(([name, value]) =>
    typedMessage('S', Buffer.from(`${name}\0${value}\0`)),
  );
  const authenticationOk = typedMessage('R', Buffer.alloc(4));
  const readyForQuery = typedMessage('Z', Buffer.from('I'));
  return Buffer.concat([authenticationOk, ...statuses, readyForQuery]);
}

/** One message of the protocol, of either side. */
export function typedMessage(type: string, body: Buffer): Buffer {
  const head = Buffer.from(`${type}\0\0\0\0`);
  head.writeUInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}

/** The SQL of a Query or, after the name of the statement, of a Parse message. */
function textOf(message: Buffer): string {
  const strings = message.subarray(5).toString('latin1').split('\0', 2);
  return (message[0] === 'P'.charCodeAt(0) ? strings[1] : strings[0]) ?? '';
}
