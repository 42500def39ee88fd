import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { eventually } from './eventually.js';
import { bytes, sshString, uint32 } from './raw-ssh-client.js';

export const KEX_MESSAGE = { init: 20, ecdhInit: 30, ecdhReply: 31 } as const;

/** What the two sides say first, which the exchange hash covers (RFC 4253 §8). */
export interface Transcript {
  readonly clientVersion: string;
  readonly serverVersion: string;
  readonly clientInit: Buffer;
  readonly serverInit: Buffer;
}

export interface Offer {
  readonly kex: readonly string[];
  readonly hostKeys?: readonly string[];
  /** A guessed packet follows (RFC 4253 §7). */
  readonly isGuessing?: boolean;
}

const CLIENT_VERSION = 'SSH-2.0-Raw';

/**
 * A client that speaks the plain beginning of SSH by itself: versions, offers and one key exchange,
 * whatever a test puts into them.
 */
export class RawKeyExchange implements AsyncDisposable {
  readonly #socket: Socket;
  #received = Buffer.alloc(0);
  #isClosed = false;
  #serverVersion = '';
  #serverInit: Buffer = Buffer.alloc(0);
  #clientInit: Buffer = Buffer.alloc(0);

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('error', () => undefined);
    socket.on('data', (piece: Buffer) => {
      this.#received = Buffer.concat([this.#received, piece]);
    });
    socket.on('close', () => {
      this.#isClosed = true;
    });
  }

  static async connect(port: number): Promise<RawKeyExchange> {
    const raw = new RawKeyExchange(connect(port, '127.0.0.1'));
    raw.#socket.write(`${CLIENT_VERSION}\r\n`);
    raw.#serverVersion = await raw.#take('version', () => raw.#line());
    raw.#serverInit = await raw.next(KEX_MESSAGE.init);
    return raw;
  }

  get transcript(): Transcript {
    return {
      clientVersion: CLIENT_VERSION,
      serverVersion: this.#serverVersion,
      clientInit: this.#clientInit,
      serverInit: this.#serverInit,
    };
  }

  /** The ten name lists of the server's offer, in their order (RFC 4253 §7.1). */
  get serverOffer(): readonly string[] {
    const lists: string[] = [];
    for (let at = 17; lists.length < 10; ) {
      const length = this.#serverInit.readUInt32BE(at);
      lists.push(this.#serverInit.toString('latin1', at + 4, at + 4 + length));
      at += 4 + length;
    }
    return lists;
  }

  offer({ kex, hostKeys = ['ssh-ed25519'], isGuessing = false }: Offer): void {
    const cipher = 'aes256-gcm@openssh.com';
    const mac = 'hmac-sha2-256-etm@openssh.com';
    const lists = [kex.join(), hostKeys.join(), cipher, cipher, mac, mac, 'none', 'none', '', ''];
    this.#clientInit = Buffer.concat([
      bytes(KEX_MESSAGE.init),
      Buffer.alloc(16),
      ...lists.map(sshString),
      bytes(isGuessing ? 1 : 0),
      uint32(0),
    ]);
    this.send(this.#clientInit);
  }

  /** Sends one packet as it is before any key is agreed (RFC 4253 §6). */
  send(...parts: readonly Uint8Array[]): void {
    const payload = Buffer.concat(parts);
    const padding = 4 + ((8 - ((payload.length + 9) % 8)) % 8);
    const length = uint32(1 + payload.length + padding);
    this.#socket.write(Buffer.concat([length, bytes(padding), payload, Buffer.alloc(padding)]));
  }

  sendKeys(clientKeys: Uint8Array): void {
    this.send(bytes(KEX_MESSAGE.ecdhInit), sshString(clientKeys));
  }

  /** The next packet, which must be of that type. */
  async next(type: number): Promise<Buffer> {
    const payload = await this.#take(`packet ${type}`, () => this.#packet());
    if (payload[0] !== type) throw new Error(`expected packet ${type}, got ${String(payload[0])}`);
    return payload;
  }

  async closedByServer(): Promise<void> {
    await eventually('the server closed', () => this.#isClosed);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#isClosed) return;
    const closed = once(this.#socket, 'close');
    this.#socket.destroy();
    await closed;
  }

  /** Waits for what `find` takes from the bytes that came. */
  #take<T>(what: string, find: () => T | undefined): Promise<NonNullable<T>> {
    return eventually(what, () => {
      const found = find();
      if (found === undefined && this.#isClosed) throw new Error(`the server closed, no ${what}`);
      return found;
    });
  }

  #line(): string | undefined {
    const end = this.#received.indexOf('\r\n');
    if (end < 0) return undefined;
    const line = this.#received.toString('latin1', 0, end);
    this.#received = this.#received.subarray(end + 2);
    return line;
  }

  #packet(): Buffer | undefined {
    if (this.#received.length < 5) return undefined;
    const end = 4 + this.#received.readUInt32BE(0);
    if (this.#received.length < end) return undefined;
    const payload = this.#received.subarray(5, end - this.#received.readUInt8(4));
    this.#received = this.#received.subarray(end);
    return payload;
  }
}
