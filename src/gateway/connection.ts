import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import type { Connection as SshClient } from 'ssh2';
import { messageOf } from '../base/errors.js';
import type { LeftOut } from '../base/throttle.js';
import { visible } from '../base/visible.js';
import type { Logger } from '../log/logger.js';
import type { Caller } from '../session/attachment.js';
import { Authentication } from './authentication.js';
import { formatAddress, plainAddress } from './listen-address.js';
import type { ConnectionAudit, KnownKey, KnownKeys } from './ports.js';
import type { Limit, Refusals } from './refusals.js';
import type { GatewayLimits } from './schema.js';
import { type Doors, SessionChannel, type SessionChannelOptions } from './session-channel.js';
import type { Offence } from './source-penalties.js';
import { hardenClient, incomingPacketBytes, isAliveTimeout } from './ssh2-seams.js';

/** How long a connection without a channel stays; a shared one (ControlPersist) may get the next. */
const IDLE_LIMIT_MS = 10_000;
/** What a connection gets to flush its last bytes before its socket is destroyed. */
const LINGER_LIMIT_MS = 2000;
/** What clients get to close their channels when the gateway stops. */
const CLOSE_LIMIT_MS = 2000;
/** Replies that a client provokes and does not read: much before login is an attack. */
const MAX_QUEUED_BYTES = { beforeLogin: 16 * 1024, afterLogin: 64 * 1024 * 1024 } as const;
/** A certificate of the largest keys is shorter; RFC 4253 §6.1 allows more, for what comes after. */
const MAX_PACKET_BYTES_BEFORE_LOGIN = 16 * 1024;

export interface ConnectionOptions extends Doors {
  readonly limits: GatewayLimits;
  readonly keys: KnownKeys;
  readonly log: Logger;
  readonly audit: ConnectionAudit;
  readonly refusals: Refusals;
  /** Called once, when the client has proved its key. */
  readonly onAuthenticated: () => void;
}

interface Identity {
  readonly login: string;
  readonly caller: Caller;
}

/**
 * One client, from its socket to the last word about it.
 *
 * Whatever the client does, the socket ends: each phase (login, no channel open, flushing) has a
 * deadline, and only one of them runs at a time.
 */
export class Connection {
  /** Ties the lines of one connection together in log and audit. */
  readonly id = randomBytes(4).toString('hex');
  /** Settles when the socket is closed and everything about it is on record. */
  readonly closed: Promise<void>;
  readonly #socket: Socket;
  readonly #options: ConnectionOptions;
  readonly #log: Logger;
  readonly #address: string;
  readonly #remote: string;
  readonly #startedAt = performance.now();
  readonly #authentication: Authentication;
  readonly #channels = new Set<SessionChannel>();
  #sshClient: SshClient | undefined;
  #identity: Identity | undefined;
  #deadline: NodeJS.Timeout | undefined;
  /** Why the connection ends; unset while it goes on. */
  #endReason: string | undefined;
  #isGraceExceeded = false;
  #isStopping = false;

  constructor(socket: Socket, options: ConnectionOptions) {
    this.#socket = socket;
    this.#options = options;
    this.#address = plainAddress(socket.remoteAddress ?? 'unknown');
    this.#remote = formatAddress({ host: this.#address, port: socket.remotePort ?? 0 });
    this.#log = options.log.child({ connectionId: this.id, remote: this.#remote });
    this.#authentication = new Authentication({
      keys: options.keys,
      maxAuthTries: options.limits.maxAuthTries,
      log: this.#log.child({ address: this.#address }),
      refusals: options.refusals,
      onProven: (login, known) => this.#noteProven(login, known),
      onAbandoned: (reason, limit) => this.#giveUpAt(limit, reason),
    });
    this.closed = new Promise((resolve) => {
      socket.once('close', () => {
        this.#noteClosed();
        resolve();
      });
    });
    socket.on('error', (error) => (this.#endReason ??= visible(messageOf(error))));
    // ssh2 only half-closes: a peer that keeps its side open would hold the socket for ever.
    socket.once('finish', () => this.#destroySoon());
    this.#setDeadline(options.limits.loginGraceTimeMs, () => this.#endGrace());
  }

  /** What its source is to be penalised for, once it has ended. */
  get offence(): Offence | undefined {
    if (this.#identity !== undefined) return undefined;
    if (this.#isGraceExceeded) return 'graceExceeded';
    return this.#authentication.lastFailure === undefined ? 'noauth' : 'authfail';
  }

  /** ssh2 has read the client's identification: everything it announces is handled from now on. */
  serve(sshClient: SshClient): void {
    this.#sshClient = sshClient;
    sshClient.on('error', (error) => {
      const limit = isAliveTimeout(error) ? 'clientAliveCountMax' : undefined;
      this.#giveUpAt(limit, visible(messageOf(error)));
    });
    sshClient.on('end', () => this.giveUp('client left'));
    hardenClient(sshClient);
    sshClient.on('authentication', (request) => {
      if (this.#endReason === undefined) this.#authentication.answer(request);
    });
    sshClient.on('ready', () => this.#giveUpWhenIdle());
    sshClient.on('rekey', () => {
      if (this.#identity === undefined) this.giveUp('client changed keys before login');
    });
    sshClient.on('session', (accept, reject) => {
      const identity = this.#identity;
      if (identity === undefined || !this.#mayOpenChannel()) reject();
      else this.#openChannel({ sshClient, session: accept(), ...identity });
    });
    // Every form of forwarding; without a listener `no-more-sessions` would not be honoured.
    sshClient.on('request', (_accept: unknown, reject: (() => void) | undefined) => reject?.());
    // Later, since ssh2 has yet to read what came along with the identification.
    setImmediate(() => this.#check());
    this.#socket.on('data', () => this.#check());
    this.#socket.on('drain', () => this.#check());
  }

  /** Ends the connection: last bytes get a moment, then the socket is destroyed. Idempotent. */
  giveUp(reason: string): void {
    if (this.#endReason !== undefined) return;
    this.#endReason = reason;
    for (const channel of this.#channels) channel.abandon();
    try {
      this.#sshClient?.end();
    } catch (error) {
      this.#log.debug({ error }, 'disconnect message not sent');
    }
    this.#socket.destroySoon();
    this.#destroySoon();
  }

  /** Tells the client why, lets its channels close, and ends; bounded, see `closed`. */
  stop(sentence: string): void {
    this.#isStopping = true;
    for (const channel of this.#channels) channel.stop(sentence);
    if (this.#channels.size === 0) this.giveUp('gateway stopped');
    else if (this.#endReason === undefined) this.#giveUpAfter(CLOSE_LIMIT_MS, 'gateway stopped');
  }

  #mayOpenChannel(): boolean {
    if (this.#endReason !== undefined || this.#isStopping) return false;
    const { limits, refusals } = this.#options;
    if (this.#channels.size < limits.maxSessions) return true;
    refusals.note('maxSessions', this.#log);
    return false;
  }

  #openChannel(
    opened: Pick<SessionChannelOptions, 'sshClient' | 'session' | 'caller' | 'login'>,
  ): void {
    const { attachments, commands } = this.#options;
    const channel = new SessionChannel({
      ...opened,
      attachments,
      commands,
      log: this.#log,
      onClosed: (closed) => this.#noteChannelClosed(closed),
      onFailed: (reason) => this.giveUp(reason),
    });
    this.#channels.add(channel);
    clearTimeout(this.#deadline);
  }

  #noteChannelClosed(channel: SessionChannel): void {
    this.#channels.delete(channel);
    if (this.#channels.size > 0 || this.#endReason !== undefined) return;
    if (this.#isStopping) this.giveUp('gateway stopped');
    else this.#giveUpWhenIdle();
  }

  #noteProven(login: string, { engineer, key }: KnownKey): void {
    const { blob: keyBlob, fingerprint } = key;
    this.#options.audit.connectionAuthenticated({
      connectionId: this.id,
      remote: this.#remote,
      login: visible(login),
      engineer,
      fingerprint,
    });
    this.#identity = {
      login,
      caller: {
        engineer,
        keyBlob,
        fingerprint,
        address: this.#address,
        remote: this.#remote,
        connectionId: this.id,
      },
    };
    this.#options.onAuthenticated();
  }

  #check(): void {
    const isIn = this.#identity !== undefined;
    const maxBytes = isIn ? MAX_QUEUED_BYTES.afterLogin : MAX_QUEUED_BYTES.beforeLogin;
    if (this.#socket.writableLength > maxBytes) this.giveUp('client does not read');
    if (!isIn && this.#incomingPacketBytes() > MAX_PACKET_BYTES_BEFORE_LOGIN) {
      this.giveUp('packet too long before login');
    }
    for (const channel of this.#channels) channel.check();
  }

  #incomingPacketBytes(): number {
    return this.#sshClient === undefined ? 0 : incomingPacketBytes(this.#sshClient);
  }

  #giveUpAt(limit: Limit | undefined, reason: string): void {
    const { refusals } = this.#options;
    if (limit !== undefined && this.#endReason === undefined) refusals.note(limit, this.#log);
    this.giveUp(reason);
  }

  #endGrace(): void {
    this.#isGraceExceeded = true;
    this.#giveUpAt('loginGraceTime', 'login grace time is over');
  }

  #giveUpWhenIdle(): void {
    this.#giveUpAfter(IDLE_LIMIT_MS, 'no channel open');
  }

  #giveUpAfter(limitMs: number, reason: string): void {
    this.#setDeadline(limitMs, () => this.giveUp(reason));
  }

  #destroySoon(): void {
    this.#setDeadline(LINGER_LIMIT_MS, () => this.#socket.destroy());
  }

  /** Takes the place of the deadline of the phase before. */
  #setDeadline(limitMs: number, act: () => void): void {
    clearTimeout(this.#deadline);
    this.#deadline = setTimeout(act, limitMs);
  }

  #noteClosed(): void {
    const reason = (this.#endReason ??= 'client left');
    clearTimeout(this.#deadline);
    for (const channel of this.#channels) channel.abandon();
    const durationMs = Math.round(performance.now() - this.#startedAt);
    const write = (leftOut: LeftOut): void =>
      this.#log.info({ reason, durationMs, ...leftOut }, 'connection closed');
    if (this.#identity !== undefined) write({});
    else this.#options.refusals.logStranger(write);
    try {
      this.#recordEnd(reason, durationMs);
    } catch (error) {
      this.#log.error({ error }, 'end of connection not recorded');
    }
  }

  #recordEnd(reason: string, durationMs: number): void {
    const { audit, refusals } = this.#options;
    const { lastFailure } = this.#authentication;
    const event = { connectionId: this.id, remote: this.#remote };
    if (this.#identity !== undefined) {
      const { login, caller } = this.#identity;
      const { engineer } = caller;
      audit.connectionClosed({ ...event, login: visible(login), engineer, reason, durationMs });
    } else if (lastFailure !== undefined) {
      refusals.recordStranger((leftOut) => {
        audit.connectionRefused({ ...event, ...lastFailure, ...leftOut });
      });
    }
  }
}
