import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import ssh2, { type Algorithms } from 'ssh2';

/** How long something may take on a machine that is busy with other tests. */
const LIMIT_MS = 30_000;

/** Message numbers (RFC 4250 §4.1.2). */
export const MESSAGE = {
  disconnect: 1,
  ignore: 2,
  debug: 4,
  serviceRequest: 5,
  keyExchangeInit: 20,
  userauthRequest: 50,
  userauthFailure: 51,
  userauthSuccess: 52,
  userauthPkOk: 60,
  userauthInfoResponse: 61,
  globalRequest: 80,
  requestFailure: 82,
  channelOpen: 90,
  channelOpenConfirmation: 91,
  channelOpenFailure: 92,
  channelWindowAdjust: 93,
  channelData: 94,
  channelExtendedData: 95,
  channelEof: 96,
  channelClose: 97,
  channelRequest: 98,
  channelSuccess: 99,
  channelFailure: 100,
} as const;

interface ClientParts {
  readonly _sock: Socket;
  readonly _protocol: {
    _onPayload: (payload: Buffer) => unknown;
    rekey(): void;
    readonly _kex: { readonly sessionID: Buffer };
    readonly _cipher: { encrypt(packet: Buffer): void };
    readonly _packetRW: {
      readonly write: {
        readonly allocStart: number;
        alloc(size: number): Buffer;
        finalize(packet: Buffer): Buffer;
      };
    };
  };
}

/** `string` of RFC 4251 §5. */
export function sshString(value: string | Uint8Array): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([uint32(bytes.length), bytes]);
}

export function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

export function bytes(...values: readonly number[]): Buffer {
  return Buffer.from(values);
}

/** What one publickey request states; each part may be a lie. */
export interface PublicKeyRequest {
  readonly login?: string;
  readonly algorithm: string;
  readonly blob: Uint8Array;
  /** Makes the signature blob from the bytes to sign; without it the request is a question. */
  readonly sign?: (data: Buffer) => Buffer;
}

/** Signs as a key pair's owner would; `label` is the algorithm that the signature claims. */
export function signer(
  keyPath: string,
  label: string,
  digest?: 'sha1' | 'sha256' | 'sha512',
): (data: Buffer) => Buffer {
  const key = ssh2.utils.parseKey(readFileSync(keyPath));
  if (key instanceof Error) throw key;
  return (data) => Buffer.concat([sshString(label), sshString(key.sign(data, digest))]);
}

/**
 * An SSH client for attacks: real key exchange and ciphers, and after them whatever packets a test
 * sends, in any order.
 */
export class RawSshClient implements AsyncDisposable {
  readonly #client = new ssh2.Client();
  readonly #received: Buffer[] = [];
  #changed: () => void = () => undefined;
  #isClosed = false;
  #farewell: string | undefined;
  /** Messages from this number on are the test's; ssh2's own client never sees them. */
  #firstOwn: number = MESSAGE.userauthRequest;
  #isAnswering = true;

  /** @param algorithms what it offers, where not what the library does by default */
  static async connect(port: number, algorithms: Algorithms = {}): Promise<RawSshClient> {
    const raw = new RawSshClient();
    await raw.#connect(port, algorithms);
    return raw;
  }

  get socket(): Socket {
    return this.#parts._sock;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** What the server said with its disconnect message (RFC 4253 §11.1). */
  get farewell(): string | undefined {
    return this.#farewell;
  }

  /** Sends one message, encrypted. */
  send(...parts: readonly Uint8Array[]): void {
    const payload = Buffer.concat(parts);
    const { _packetRW: packets, _cipher: cipher } = this.#parts._protocol;
    const packet = packets.write.alloc(payload.length);
    packet.set(payload, packets.write.allocStart);
    cipher.encrypt(packets.write.finalize(packet));
  }

  /** Any `userauth` request. */
  requestAuthentication(login: string, method: string, ...details: readonly Uint8Array[]): void {
    const head = [sshString(login), sshString('ssh-connection'), sshString(method)];
    this.send(bytes(MESSAGE.userauthRequest), ...head, ...details);
  }

  requestPublicKey(request: PublicKeyRequest): void {
    const { login = 'pair', algorithm, blob, sign } = request;
    const payload = Buffer.concat([
      bytes(MESSAGE.userauthRequest),
      sshString(login),
      sshString('ssh-connection'),
      sshString('publickey'),
      bytes(sign === undefined ? 0 : 1),
      sshString(algorithm),
      sshString(blob),
    ]);
    const data = Buffer.concat([sshString(this.#parts._protocol._kex.sessionID), payload]);
    this.send(payload, ...(sign === undefined ? [] : [sshString(sign(data))]));
  }

  /**
   * Makes four requests in one go, none of which lets anybody in: `none`, a key without a signature,
   * a key with a bad one, and a password. Resolves with the types of the answers, as they came.
   */
  async answersToMany(blob: Uint8Array): Promise<(number | undefined)[]> {
    const algorithm = 'ssh-ed25519';
    this.socket.cork();
    this.requestAuthentication('pair', 'none');
    this.requestPublicKey({ algorithm, blob });
    const garbage = () => Buffer.concat([sshString(algorithm), sshString(Buffer.alloc(64))]);
    this.requestPublicKey({ algorithm, blob, sign: garbage });
    this.requestAuthentication('pair', 'password', bytes(0), sshString('secret'));
    this.socket.uncork();
    const { userauthFailure, userauthPkOk, userauthSuccess } = MESSAGE;
    const answers = [];
    while (answers.length < 4) {
      answers.push((await this.next([userauthFailure, userauthPkOk, userauthSuccess]))[0]);
    }
    return answers;
  }

  /** Logs in with an ed25519 key pair. */
  async logIn(keyPath: string, blob: Uint8Array): Promise<void> {
    const algorithm = 'ssh-ed25519';
    this.requestPublicKey({ algorithm, blob, sign: signer(keyPath, algorithm) });
    await this.next([MESSAGE.userauthSuccess]);
  }

  /** Opens a session channel; resolves with the server's answer. */
  async openSession(
    id = 0,
    { window = 2 ** 21, packetSize = 32_768 }: { window?: number; packetSize?: number } = {},
  ): Promise<Buffer> {
    const numbers = [uint32(id), uint32(window), uint32(packetSize)];
    this.send(bytes(MESSAGE.channelOpen), sshString('session'), ...numbers);
    return await this.next([MESSAGE.channelOpenConfirmation, MESSAGE.channelOpenFailure]);
  }

  /** Asks for a shell in a terminal on an open session channel. */
  attach(id = 0, { cols = 80, rows = 24 }: { cols?: number; rows?: number } = {}): void {
    const size = [cols, rows, 0, 0].map(uint32);
    this.requestOnChannel(id, 'pty-req', sshString('xterm-256color'), ...size, sshString(''));
    this.requestOnChannel(id, 'shell');
  }

  /** Data on an open channel. */
  sendData(id: number, data: string | Uint8Array): void {
    this.send(bytes(MESSAGE.channelData), uint32(id), sshString(data));
  }

  /** A channel request that wants an answer. */
  requestOnChannel(id: number, type: string, ...details: readonly Uint8Array[]): void {
    const head = [bytes(MESSAGE.channelRequest), uint32(id), sshString(type), bytes(1)];
    this.send(...head, ...details);
  }

  /** Tells of another size of the terminal, which wants no answer. */
  changeWindow(id: number, cols: number, rows: number): void {
    const head = [bytes(MESSAGE.channelRequest), uint32(id), sshString('window-change'), bytes(0)];
    this.send(...head, ...[cols, rows, 0, 0].map(uint32));
  }

  /** Lets the server send so many bytes more. */
  adjustWindow(id: number, more: number): void {
    this.send(bytes(MESSAGE.channelWindowAdjust), uint32(id), uint32(more));
  }

  /** Announces another key exchange and leaves it at that, if the socket is paused. */
  startKeyExchange(): void {
    const lists = [
      'curve25519-sha256',
      'ssh-ed25519',
      ...['aes256-gcm@openssh.com', 'aes256-gcm@openssh.com'],
      ...['hmac-sha2-256-etm@openssh.com', 'hmac-sha2-256-etm@openssh.com'],
      ...['none', 'none', '', ''],
    ];
    this.send(
      bytes(MESSAGE.keyExchangeInit),
      Buffer.alloc(16),
      ...lists.map(sshString),
      bytes(0),
      uint32(0),
    );
  }

  /** Starts another key exchange and takes part in it. */
  changeKeys(): void {
    this.#parts._protocol.rekey();
  }

  /** Waits for the end of the next key exchange. */
  async keysChanged(limitMs = LIMIT_MS): Promise<void> {
    await once(this.#client, 'handshake', { signal: AbortSignal.timeout(limitMs) });
  }

  /** From now on an exchange that the server announces is a message like others, and not answered. */
  ignoreKeyExchanges(): void {
    this.#firstOwn = MESSAGE.keyExchangeInit;
  }

  /** From now on global requests get no answer. */
  ignoreGlobalRequests(): void {
    this.#isAnswering = false;
  }

  /** Takes the next message of one of `types`; those in between are dropped. */
  async next(types: readonly number[], limitMs = LIMIT_MS): Promise<Buffer> {
    const end = Date.now() + limitMs;
    for (;;) {
      const message = this.#received.shift();
      if (message !== undefined && types.includes(message[0] ?? 0)) return message;
      if (message !== undefined) continue;
      if (this.#isClosed || Date.now() > end) {
        const state = this.#isClosed ? 'connection closed' : 'nothing came';
        throw new Error(`${state} instead of message ${types.join(' or ')}`);
      }
      await this.#nextChange(end - Date.now());
    }
  }

  /** Waits until the server has closed the connection. */
  async closedByServer(limitMs = LIMIT_MS): Promise<void> {
    const end = Date.now() + limitMs;
    while (!this.#isClosed) {
      if (Date.now() > end) throw new Error('the server kept the connection open');
      await this.#nextChange(end - Date.now());
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#isClosed) return;
    const closed = once(this.socket, 'close');
    this.socket.destroy();
    await closed;
  }

  get #parts(): ClientParts {
    return this.#client as unknown as ClientParts;
  }

  async #connect(port: number, algorithms: Algorithms): Promise<void> {
    this.#client.on('error', () => undefined);
    const ready = new Promise<void>((resolve, reject) => {
      this.#client.once('handshake', () => resolve());
      this.#client.once('close', () => reject(new Error('closed before the key exchange')));
    });
    this.#client.connect({
      host: '127.0.0.1',
      port,
      username: 'raw',
      algorithms,
      // The library never learns of the login, and would give up after 20 s.
      readyTimeout: 0,
      authHandler: () => undefined,
    });
    this.#takeMessages();
    this.socket.setNoDelay(true);
    this.socket.once('close', () => {
      this.#isClosed = true;
      this.#changed();
    });
    await ready;
  }

  #takeMessages(): void {
    const protocol = this.#parts._protocol;
    const handle = protocol._onPayload;
    protocol._onPayload = (payload) => {
      if (payload[0] === MESSAGE.disconnect) {
        this.#farewell ??= payload.toString('utf8', 9, 9 + payload.readUInt32BE(5));
      }
      if ((payload[0] ?? 0) < this.#firstOwn) return handle(payload);
      if (payload[0] === MESSAGE.globalRequest) this.#answer(payload);
      this.#received.push(Buffer.from(payload));
      this.#changed();
      return undefined;
    };
  }

  /** Answers as a client does that knows no global requests (RFC 4254 §4). */
  #answer(request: Buffer): void {
    const wantsAnswer = request[5 + request.readUInt32BE(1)] !== 0;
    if (wantsAnswer && this.#isAnswering) this.send(bytes(MESSAGE.requestFailure));
  }

  #nextChange(limitMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, limitMs);
      this.#changed = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
