import type { Socket } from 'node:net';
import type { ServerChannel, Session, Connection as SshClient } from 'ssh2';
import { InvariantError } from '../../base/errors.js';
import { type AuthenticationRequest, algorithmOf, NamedMethods } from './authentication-request.js';
import { MESSAGE } from './message-order.js';

/**
 * The parts of ssh2 1.17.0 that the gateway needs and that ssh2 does not publish, in one file. The
 * version is pinned; `hardenClient` throws where a changed ssh2 no longer has them.
 */
interface ClientParts {
  readonly _sock: Socket;
  readonly _chanMgr: Channels;
  readonly _protocol: Protocol;
}

interface Channels {
  /** @throws Error for an id that none can have. */
  get(id: number): unknown;
  remove(id: number): void;
}

interface Protocol {
  readonly _handlers: Partial<Handlers>;
  /** Packets held back until a key exchange is through. */
  readonly _queue: readonly Uint8Array[] | undefined;
  readonly _decipher: { readonly _len: number };
  /** Set from the client's first announcement on. */
  readonly _kex: object | undefined;
  readonly _cipher: {
    allocPacket(payloadBytes: number): Buffer;
    encrypt(packet: Buffer): void;
  };
  /** Gets each message that was decrypted, those within a key exchange apart. */
  _onPayload: (payload: Uint8Array) => unknown;
  /** Asks for an answer (`keepalive@openssh.com`), on ssh2's own behalf, too. */
  ping: () => void;
  /** Says goodbye on ssh2's own behalf: the client broke the protocol. */
  disconnect: (code: number) => void;
  serviceAccept(service: string): void;
  authPKOK: (algorithm: string, key: Buffer) => void;
  channelFailure(clientId: number): void;
  channelClose(clientId: number): void;
  channelOpenFail(clientId: number, reason: number, description: string): void;
}

interface Handlers {
  CHANNEL_OPEN: (protocol: unknown, info: { sender: number; packetSize: number }) => void;
  CHANNEL_REQUEST: (protocol: unknown, id: number, ...rest: ChannelRequest) => void;
  CHANNEL_DATA: (protocol: unknown, id: number, data: Uint8Array) => void;
  CHANNEL_WINDOW_ADJUST: (protocol: unknown, id: number, more: number) => void;
  SERVICE_REQUEST: (protocol: unknown, service: string) => void;
  REQUEST_SUCCESS: () => void;
  REQUEST_FAILURE: () => void;
}

type ChannelRequest = [type: string, wantsReply: boolean, details: unknown];

interface SessionParts {
  readonly _channel: unknown;
  readonly _ending: boolean;
  /** A started channel shares both halves. */
  readonly _chanInfo: {
    readonly incoming: { readonly id: number; readonly window: number; readonly state: string };
    readonly outgoing: { readonly id: number; window: number };
  };
}

/** Who judges what a client sends. */
export interface ClientGuard {
  /** A message of this type came; false keeps it from ssh2. */
  readonly admits: (type: number) => boolean;
  /** The client asks to be let in; must be answered at once. */
  readonly onAuthentication: (request: AuthenticationRequest) => void;
  /** The client broke the protocol: its connection must be given up. */
  readonly onViolation: (reason: string) => void;
}

/** RFC 4254 §5.1, SSH_OPEN_ADMINISTRATIVELY_PROHIBITED. */
const PROHIBITED = 1;

/** Below this ssh2 sends a packet per few bytes, and with 0 its write loop never ends. */
const MIN_PACKET_BYTES = 1024;

/** RFC 4254 §5.2: a window is at most this. */
const MAX_WINDOW_BYTES = 2 ** 32 - 1;

/** Questions that wait for a client's answers; ssh2 gives it up long before by its keepalive. */
const MAX_QUESTIONS = 256;

/** How a server's message with its host keys begins; ssh2 parses each key, which takes up to 170 ms a packet. */
const HOST_KEYS = Buffer.from('P\0\0\0\u0017hostkeys-00@openssh.com');

/** The TCP socket of an SSH client. */
export function socketOf(sshClient: SshClient): Socket {
  return partsOf(sshClient)._sock;
}

/** Whether a client's error is that it left `keepaliveCountMax` questions unanswered. */
export function isAliveTimeout(error: Error): boolean {
  return 'level' in error && error.level === 'client-timeout';
}

/** Whether a client's error is a packet longer than ssh2 takes, or one whose length cannot be read. */
export function isPacketTooLong(error: Error): boolean {
  return error.message.startsWith('Bad packet length');
}

/** Whether a client's error is its own farewell (RFC 4253 §11.1), in words of its choice. */
export function isFarewell(error: Error): boolean {
  return 'code' in error && typeof error.code === 'number';
}

/** Bytes that wait inside ssh2 for the end of a key exchange. */
export function bytesHeldForRekey(sshClient: SshClient): number {
  const held = partsOf(sshClient)._protocol._queue ?? [];
  return held.reduce((total, packet) => total + packet.length, 0);
}

/** Whether the client has begun to exchange keys; it may be through with that, too. */
export function isExchangingKeys(sshClient: SshClient): boolean {
  return partsOf(sshClient)._protocol._kex !== undefined;
}

/** How long the packet is that the client is sending; ssh2 keeps all of it in memory from the start. */
export function incomingPacketBytes(sshClient: SshClient): number {
  return partsOf(sshClient)._protocol._decipher._len;
}

/** Bytes that ssh2 has made of what was written to it, and that have not left for the client. */
export function unsentBytes(sshClient: SshClient): number {
  return socketOf(sshClient).writableLength + bytesHeldForRekey(sshClient);
}

/** Where a packet that ssh2 has allocated takes its message: behind two lengths. */
const PAYLOAD_OFFSET = 5;

/** Blocks and padding of a packet that is not encrypted (RFC 4253 §6). */
const BLOCK_BYTES = 8;
const MIN_PADDING = 4;

/** Reason codes of a disconnect (RFC 4253 §11.1). */
const DISCONNECT = { keyExchangeFailed: 3, macError: 5, byApplication: 11 } as const;

/** Sends a farewell with `sentence`, which clients show (RFC 4253 §11.1); ssh2 has none to say. */
export function sendFarewell(sshClient: SshClient, sentence: string): void {
  const { _cipher: cipher } = partsOf(sshClient)._protocol;
  const message = farewellMessage(sentence);
  const packet = cipher.allocPacket(message.length);
  packet.set(message, PAYLOAD_OFFSET);
  cipher.encrypt(packet);
}

/** The packet for a client that ssh2 has not yet announced: nothing is encrypted then (RFC 4253 §6). */
export function plainFarewell(sentence: string): Buffer {
  const message = farewellMessage(sentence);
  const length = Math.ceil((PAYLOAD_OFFSET + message.length + MIN_PADDING) / BLOCK_BYTES);
  const packet = Buffer.alloc(length * BLOCK_BYTES);
  packet.writeUInt32BE(packet.length - 4, 0);
  packet[4] = packet.length - PAYLOAD_OFFSET - message.length;
  packet.set(message, PAYLOAD_OFFSET);
  return packet;
}

function farewellMessage(sentence: string): Buffer {
  const text = Buffer.from(sentence);
  const message = Buffer.alloc(13 + text.length);
  message[0] = MESSAGE.disconnect;
  message.writeUInt32BE(DISCONNECT.byApplication, 1);
  message.writeUInt32BE(text.length, 5);
  message.set(text, 9);
  return message;
}

/**
 * Asks the client for an answer; `onAnswered` is called when it comes, which is after the client has
 * read everything that was sent before. A client that never answers never calls.
 */
export function askForAnswer(sshClient: SshClient, onAnswered: () => void): void {
  asked.get(sshClient)?.ask(onAnswered);
}

/** How many bytes the client allows us to send on a channel before it must say more. */
export function sendWindowOf(channel: ServerChannel): number {
  return (channel.outgoing as { readonly window: number }).window;
}

/**
 * Closes what ssh2 leaves open: lets `guard` see each message first; refuses channels with a uselessly
 * small packet size; keeps clients to both windows; and answers requests on a started or ended channel
 * (ssh2 leaves the client waiting), and for the authentication service as often as it is asked for
 * (ssh2 hangs up on the second time, but paramiko asks before each attempt); has requests for any
 * method judged; and says why where ssh2 hangs up. Call it as soon as ssh2 has read the identification.
 *
 * @throws InvariantError when this is not the ssh2 that was pinned.
 */
export function hardenClient(sshClient: SshClient, guard: ClientGuard): void {
  const { _protocol: protocol } = partsOf(sshClient);
  const { CHANNEL_OPEN, CHANNEL_REQUEST, CHANNEL_DATA, CHANNEL_WINDOW_ADJUST, SERVICE_REQUEST } =
    protocol._handlers;
  if (
    !CHANNEL_OPEN ||
    !CHANNEL_REQUEST ||
    !CHANNEL_DATA ||
    !CHANNEL_WINDOW_ADJUST ||
    !SERVICE_REQUEST
  ) {
    throw new InvariantError('ssh2 has changed: its handlers are not where they were');
  }
  protocol.disconnect = (code) => sendFarewell(sshClient, `triad: ${breachSentence(code)}`);
  guardMessages(sshClient, guard, announceRequests(sshClient, guard));
  asked.set(sshClient, new GlobalRequests(protocol, guard));
  acceptServiceAgain(protocol, SERVICE_REQUEST);
  refuseTinyPackets(protocol, CHANNEL_OPEN);
  answerEveryRequest(sshClient, CHANNEL_REQUEST);
  guardInput(sshClient, CHANNEL_DATA, guard);
  guardWindow(sshClient, CHANNEL_WINDOW_ADJUST, guard);
}

/**
 * Says why ssh2 hangs up by itself, which it leaves out; must be sent before ssh2 drops its
 * ciphers.
 */
function breachSentence(code: number): string {
  if (code === DISCONNECT.keyExchangeFailed) {
    return 'the key exchange failed: there is no algorithm in common, or a value of the client is wrong';
  }
  if (code === DISCONNECT.macError) return 'a packet was damaged on its way (wrong MAC)';
  return 'the client broke the SSH protocol';
}

/** Global requests of ours that wait for their answers, which come in the same order (RFC 4254 §4). */
class GlobalRequests {
  readonly #ping: () => void;
  readonly #guard: ClientGuard;
  readonly #waiting: (() => void)[] = [];

  constructor(protocol: Protocol, guard: ClientGuard) {
    this.#guard = guard;
    this.#ping = protocol.ping.bind(protocol);
    protocol.ping = () => this.ask(() => undefined);
    protocol._handlers.REQUEST_SUCCESS = () => this.#waiting.shift()?.();
    protocol._handlers.REQUEST_FAILURE = () => this.#waiting.shift()?.();
  }

  ask(onAnswered: () => void): void {
    if (this.#waiting.length >= MAX_QUESTIONS) {
      this.#guard.onViolation('client leaves questions unanswered');
      return;
    }
    this.#waiting.push(onAnswered);
    this.#ping();
  }
}

const asked = new WeakMap<SshClient, GlobalRequests>();

function announceRequests(sshClient: SshClient, guard: ClientGuard): NamedMethods {
  const { _protocol: protocol } = partsOf(sshClient);
  const acceptKey = protocol.authPKOK.bind(protocol);
  const methods = new NamedMethods();
  sshClient.on('authentication', (context) => {
    if (context.method === 'publickey') {
      protocol.authPKOK = (_type, key) => acceptKey(algorithmOf(context), key);
    }
    guard.onAuthentication(methods.name(context));
  });
  return methods;
}

function guardMessages(sshClient: SshClient, guard: ClientGuard, methods: NamedMethods): void {
  const { _protocol: protocol, _sock: socket } = partsOf(sshClient);
  const handle = protocol._onPayload;
  protocol._onPayload = (payload) => {
    const type = payload[0] ?? MESSAGE.ignore;
    if (!guard.admits(type)) return undefined;
    if (HOST_KEYS.equals(payload.subarray(0, HOST_KEYS.length))) {
      guard.onViolation('client sent host keys');
      return undefined;
    }
    const result = handle(methods.translate(payload));
    // ssh2 hangs up on some messages without an error that would tell.
    if (socket.writableEnded && type !== MESSAGE.disconnect) {
      guard.onViolation(`client broke the protocol with message ${type}`);
    }
    return result;
  };
}

function acceptServiceAgain(protocol: Protocol, request: Handlers['SERVICE_REQUEST']): void {
  let isAccepted = false;
  protocol._handlers.SERVICE_REQUEST = (self, service) => {
    if (isAccepted && service === 'ssh-userauth') {
      protocol.serviceAccept(service);
    } else {
      isAccepted = true;
      request(self, service);
    }
  };
}

function refuseTinyPackets(protocol: Protocol, open: Handlers['CHANNEL_OPEN']): void {
  protocol._handlers.CHANNEL_OPEN = (self, info) => {
    if (info.packetSize >= MIN_PACKET_BYTES) open(self, info);
    else protocol.channelOpenFail(info.sender, PROHIBITED, 'maximum packet size too small');
  };
}

function answerEveryRequest(sshClient: SshClient, request: Handlers['CHANNEL_REQUEST']): void {
  const { _protocol: protocol } = partsOf(sshClient);
  protocol._handlers.CHANNEL_REQUEST = (self, id, ...rest) => {
    const [, wantsReply] = rest;
    const session = findSession(sshClient, id);
    if (wantsReply && session && (session._channel !== undefined || session._ending)) {
      protocol.channelFailure(session._chanInfo.outgoing.id);
    } else {
      request(self, id, ...rest);
    }
  };
}

function guardInput(
  sshClient: SshClient,
  receive: Handlers['CHANNEL_DATA'],
  guard: ClientGuard,
): void {
  partsOf(sshClient)._protocol._handlers.CHANNEL_DATA = (self, id, data) => {
    const { incoming } = findSession(sshClient, id)?._chanInfo ?? {};
    if (incoming !== undefined && data.length > incoming.window) {
      guard.onViolation('client ignored its send window');
    } else if (incoming !== undefined && incoming.state !== 'open') {
      guard.onViolation('client sent data after its end');
    } else {
      receive(self, id, data);
    }
  };
}

function guardWindow(
  sshClient: SshClient,
  adjust: Handlers['CHANNEL_WINDOW_ADJUST'],
  guard: ClientGuard,
): void {
  partsOf(sshClient)._protocol._handlers.CHANNEL_WINDOW_ADJUST = (self, id, more) => {
    const session = findSession(sshClient, id);
    const outgoing = session?._chanInfo.outgoing;
    if (outgoing !== undefined && outgoing.window + more > MAX_WINDOW_BYTES) {
      guard.onViolation('client opened its window too far');
    } else if (outgoing !== undefined && session?._channel === undefined) {
      // ssh2 forgets what came before the shell or command was started.
      outgoing.window += more;
    } else {
      adjust(self, id, more);
    }
  };
}

function findSession(sshClient: SshClient, id: number): SessionParts | undefined {
  const found = partsOf(sshClient)._chanMgr.get(id) as Partial<SessionParts> | undefined;
  return found?._chanInfo === undefined ? undefined : (found as SessionParts);
}

/** Answers the close of a session on which nothing was started; ssh2 forgets to, and keeps it. */
export function closeUnstarted(sshClient: SshClient, session: Session): void {
  const { _channel: channel, _chanInfo: info } = session as unknown as SessionParts;
  if (channel !== undefined) return;
  const { _chanMgr: channels, _protocol: protocol } = partsOf(sshClient);
  protocol.channelClose(info.outgoing.id);
  channels.remove(info.incoming.id);
}

function partsOf(sshClient: SshClient): ClientParts {
  return sshClient as unknown as ClientParts;
}
