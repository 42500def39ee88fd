import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import type { Connection as SshClient } from 'ssh2';
import { messageOf } from '../../base/errors.js';
import type { LoopShare } from '../../base/loop-share.js';
import type { LeftOut } from '../../base/throttle.js';
import { visible } from '../../base/visible.js';
import type { Logger } from '../../log/logger.js';
import type { GrantStore, KnownKey } from '../access/grant-store.js';
import { type EndReason, farewellSentence } from '../attachments/farewell.js';
import type { Audit } from '../audit/audit.js';
import { Authentication } from './authentication.js';
import {
  type ConnectionEnd,
  type EndingLimit,
  endAtLimit,
  endFor,
  endTooLong,
} from './connection-end.js';
import type { Progress } from './displacement.js';
import { type KeyExchangeLimits, KeyExchanges, keyExchangeLimitsFor } from './key-exchanges.js';
import { formatAddress, plainAddress } from './listen-address.js';
import type { Identity, LoggedIn, Logins, NotLetIn, Standing } from './logins.js';
import { isAnswered, isInTurn, MESSAGE } from './message-order.js';
import { NewcomerInput, type Newcomers } from './newcomers.js';
import type { HeldOutput } from './paced-output.js';
import type { Limit, Refusals } from './refusals.js';
import type { GatewayLimits } from './schema.js';
import {
  type ChannelServices,
  SessionChannel,
  type SessionChannelOptions,
} from './session-channel.js';
import type { Offence } from './source-penalties.js';
import {
  hardenClient,
  incomingPacketBytes,
  isAliveTimeout,
  isExchangingKeys,
  isFarewell,
  isPacketTooLong,
  plainFarewell,
  sendFarewell,
  unsentBytes,
} from './ssh2-seams.js';
import { UnreadAnswers } from './unread-answers.js';

/** Enough to hear a sentence on a slow network; a guest has nothing else to do here. */
const GUEST_LIMIT_MS = 5000;
/** What a connection gets to flush its last bytes before its socket is destroyed. */
const LINGER_LIMIT_MS = 2000;
/** What clients get to close their channels when the gateway stops. */
const CLOSE_LIMIT_MS = 2000;
/** What clients that are put out get to close, and as much again to flush: they are gone within a second. */
const PUT_OUT_LIMIT_MS = 400;
/** What may wait for a client in all; channels and answers have limits of their own below it. */
const MAX_UNSENT_BYTES = { beforeLogin: 16 * 1024, afterLogin: 2 * 1024 * 1024 } as const;
/** A certificate of the largest keys is shorter; RFC 4253 §6.1 allows more, for what comes after. */
const MAX_PACKET_BYTES_BEFORE_LOGIN = 16 * 1024;
/** A hundred attempts with the longest keys there are; the rest is noise. */
const MAX_BYTES_BEFORE_LOGIN = 512 * 1024;

export interface ConnectionOptions extends ChannelServices {
  readonly limits: GatewayLimits;
  readonly keys: Pick<GrantStore, 'findKey'>;
  readonly log: Logger;
  /** What is put on record before its effect is visible; one that throws keeps the client out. */
  readonly audit: Pick<
    Audit,
    'connectionAuthenticated' | 'engineerNotLetIn' | 'connectionRefused' | 'connectionClosed'
  >;
  readonly refusals: Refusals;
  readonly heldOutput: HeldOutput;
  /** The share of the event loop that all who watch or ask have together. */
  readonly share: LoopShare;
  readonly newcomers: Newcomers;
  readonly logins: Logins;
  /** The user of this machine that the client runs as, where that is known. */
  readonly uid: number | undefined;
  /** Called when the client came further, maybe again with the same; `authenticated` when it was let in. */
  readonly onProgress: (progress: Progress | 'authenticated') => void;
  /** Defaults to `KEY_EXCHANGE_LIMITS`, with the patience of `clientAliveCountMax`. */
  readonly keyExchangeLimits?: KeyExchangeLimits | undefined;
}

/**
 * One client, from its socket to the last word about it.
 *
 * Whatever the client does, the socket ends: each phase (login, nothing served, flushing) has a
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
  #newcomerInput: NewcomerInput | undefined;
  #keyExchanges: KeyExchanges | undefined;
  #login: LoggedIn | undefined;
  /** Set for a guest, and for who was turned away. */
  #notLetIn: NotLetIn | undefined;
  #isProven = false;
  #deadline: NodeJS.Timeout | undefined;
  /** Whether `#deadline` is that of a connection on which nothing is served. */
  #isUnused = false;
  #lingerMs: number = LINGER_LIMIT_MS;
  /** Why the connection ends; unset while it goes on. */
  #endReason: string | undefined;
  #isGraceExceeded = false;
  #hasGivenWay = false;
  /** Why it is being ended, from the moment that what is served was told so. */
  #stopping: EndReason | undefined;

  constructor(socket: Socket, options: ConnectionOptions) {
    this.#socket = socket;
    this.#options = options;
    this.#address = plainAddress(socket.remoteAddress ?? 'unknown');
    this.#remote = formatAddress({ host: this.#address, port: socket.remotePort ?? 0 });
    const { uid } = options;
    this.#log = options.log.child({ connectionId: this.id, remote: this.#remote, uid });
    this.#authentication = new Authentication({
      keys: options.keys,
      maxAuthTries: options.limits.maxAuthTries,
      log: this.#log.child({ address: this.#address }),
      refusals: options.refusals,
      onProven: (login, known) => this.#noteProven(login, known),
      onTooManyTries: () => this.#giveUpAt('maxAuthTries'),
      onAbandoned: (end) => this.giveUp(end),
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
    if (this.#isProven) return this.#notLetIn?.offence;
    if (this.#isGraceExceeded) return 'graceExceeded';
    if (this.#authentication.hasFailed) return 'authfail';
    return this.#hasGivenWay ? undefined : 'noauth';
  }

  /** ssh2 has read the client's identification: everything it announces is handled from now on. */
  serve(sshClient: SshClient): void {
    this.#sshClient = sshClient;
    sshClient.on('error', (error) => {
      const said = visible(messageOf(error));
      if (isAliveTimeout(error)) this.#giveUpAt('clientAliveCountMax');
      else if (isFarewell(error)) this.#end(`client said: ${said}`);
      else if (this.#login !== undefined && isPacketTooLong(error)) this.giveUp(endTooLong(said));
      else this.giveUp(endFor(said));
    });
    sshClient.on('end', () => this.#end('client left'));
    const unreadAnswers = new UnreadAnswers(sshClient);
    hardenClient(sshClient, {
      admits: (type) => this.#admits(type, unreadAnswers),
      onAuthentication: (request) => {
        if (this.#endReason !== undefined) return;
        this.#options.onProgress('asking');
        this.#authentication.answer(request);
      },
      onViolation: (reason) => this.giveUp(endFor(reason)),
    });
    sshClient.on('ready', () => {
      if (this.#endReason !== undefined) return;
      this.#keyExchanges = this.#watchKeyExchanges(sshClient);
      this.#watchUse();
    });
    sshClient.on('rekey', () => this.#keyExchanges?.noteFinished());
    sshClient.on('session', (accept, reject) => {
      const login = this.#login;
      if (login === undefined || !this.#mayOpenChannel()) reject();
      else this.#openChannel({ sshClient, session: accept(), ...login.identity });
    });
    // Every form of forwarding; without a listener `no-more-sessions` would not be honoured.
    sshClient.on('request', (_accept: unknown, reject: (() => void) | undefined) => reject?.());
    // This waits a turn, since ssh2 has yet to read what came along with the identification.
    setImmediate(() => this.#check(sshClient));
    this.#socket.on('data', () => this.#check(sshClient));
    this.#socket.on('drain', () => this.#check(sshClient));
    this.#newcomerInput = new NewcomerInput(this.#socket, this.#options.newcomers);
  }

  /**
   * Tells the client why and ends the connection: last bytes get a moment, then the socket is destroyed.
   * Idempotent.
   */
  giveUp({ reason, sentence }: ConnectionEnd): void {
    this.#end(reason, () => this.#tell(`triad: ${sentence}`));
  }

  /** Ends the connection for another that gets its slot; waits for nobody to read `sentence`. */
  giveWay(limit: Limit, sentence: string): void {
    this.#hasGivenWay = true;
    this.giveUp({ reason: `gave way at ${limit}`, sentence });
    this.#socket.destroy();
  }

  /**
   * Ends the connection; `tell` says why to a client that is put out, and one that left needs none.
   */
  #end(reason: string, tell?: () => void): void {
    if (this.#endReason !== undefined) return;
    this.#endReason = reason;
    this.#keyExchanges?.close();
    for (const channel of this.#channels) channel.abandon();
    try {
      tell?.();
    } catch (error) {
      this.#log.debug({ error }, 'disconnect message not sent');
    }
    this.#socket.destroySoon();
    this.#destroySoon();
  }

  #tell(sentence: string): void {
    if (this.#sshClient !== undefined) sendFarewell(this.#sshClient, sentence);
    // Before our identification there are lines alone (RFC 4253 §4.2), and after it packets.
    else if (this.#socket.bytesWritten === 0) this.#socket.write(`${sentence}\r\n`);
    else this.#socket.write(plainFarewell(sentence));
  }

  /** Tells the client why, lets its channels close, and ends; bounded, see `closed`. Idempotent. */
  stop(reason: EndReason): void {
    if (this.#endReason !== undefined || this.#stopping !== undefined) return;
    this.#stopping = reason;
    for (const channel of this.#channels) channel.stop(reason);
    if (reason !== 'stopping') this.#lingerMs = PUT_OUT_LIMIT_MS;
    const limitMs = reason === 'stopping' ? CLOSE_LIMIT_MS : PUT_OUT_LIMIT_MS;
    if (this.#channels.size > 0) this.#setDeadline(limitMs, () => this.#finishStop());
    else this.#finishStop();
  }

  #finishStop(): void {
    if (this.#stopping === undefined) return;
    const reason = this.#stopping === 'stopping' ? 'gateway stopped' : this.#stopping;
    const login = this.#login?.identity.login;
    const sentence =
      login === undefined
        ? 'the gateway is stopping, try again later'
        : farewellSentence(this.#stopping, visible(login));
    this.giveUp({ reason, sentence });
  }

  #mayOpenChannel(): boolean {
    if (this.#endReason !== undefined || this.#stopping !== undefined) return false;
    const { limits, refusals } = this.#options;
    if (this.#channels.size < limits.maxSessions) return true;
    refusals.note('maxSessions', this.#log);
    return false;
  }

  /** Whether a message that came is to be handled; sees all but those within a key exchange. */
  #admits(type: number, unreadAnswers: UnreadAnswers): boolean {
    if (this.#endReason !== undefined) return false;
    const objection = this.#findObjection(type, unreadAnswers);
    if (objection !== undefined) this.giveUp(endFor(objection));
    return objection === undefined;
  }

  #findObjection(type: number, unreadAnswers: UnreadAnswers): string | undefined {
    const isIn = this.#login !== undefined;
    if (type === MESSAGE.keyExchangeInit) {
      if (!isIn) return 'client changed keys before login';
      return this.#keyExchanges?.noteAnnounced() === false
        ? 'client changed keys too often'
        : undefined;
    }
    if (!isInTurn(type, isIn)) return `client sent message ${type} out of turn`;
    return isAnswered(type) && !unreadAnswers.add()
      ? 'client does not read its answers'
      : undefined;
  }

  #watchKeyExchanges(sshClient: SshClient): KeyExchanges {
    return new KeyExchanges({
      limits: this.#options.keyExchangeLimits ?? keyExchangeLimitsFor(this.#options.limits),
      start: () => sshClient.rekey(),
      countBytes: () => this.#socket.bytesRead + this.#socket.bytesWritten,
      onFailed: (reason) => this.giveUp(endFor(reason)),
    });
  }

  #openChannel(
    opened: Pick<SessionChannelOptions, 'sshClient' | 'session' | 'caller' | 'login'>,
  ): void {
    const channel = new SessionChannel({
      ...this.#options,
      ...opened,
      notLetIn: this.#notLetIn,
      log: this.#log,
      onUse: () => {
        this.#newcomerInput?.settle();
        this.#watchUse();
      },
      onClosed: (closed) => this.#noteChannelClosed(closed),
      onFailed: (reason) => this.giveUp(endFor(reason)),
    });
    this.#channels.add(channel);
  }

  #noteChannelClosed(channel: SessionChannel): void {
    this.#channels.delete(channel);
    if (this.#channels.size > 0 || this.#stopping === undefined) this.#watchUse();
    else this.#finishStop();
  }

  get #isServed(): boolean {
    return [...this.#channels].some(({ use }) => use !== undefined);
  }

  /** A connection on which nothing is served has a limited time, whatever is opened on it. */
  #watchUse(): void {
    if (this.#endReason !== undefined || this.#stopping !== undefined) return;
    const isUnused = !this.#isServed;
    if (this.#notLetIn !== undefined || isUnused === this.#isUnused) return;
    this.#isUnused = isUnused;
    clearTimeout(this.#deadline);
    const { unusedConnectionTimeoutMs } = this.#options.limits;
    const giveUp = () => this.#giveUpAt('unusedConnectionTimeout');
    if (isUnused) this.#setDeadline(unusedConnectionTimeoutMs, giveUp);
  }

  /** @returns what they are let in as. */
  #noteProven(login: string, { engineer, key }: KnownKey): Standing['kind'] {
    const { logins, audit } = this.#options;
    const { blob: keyBlob, fingerprint } = key;
    // From here on it is our fault if they do not get in: the record may not be possible.
    this.#isProven = true;
    const origin = { connectionId: this.id, remote: this.#remote };
    const { localAddress = '', localPort = 0 } = this.#socket;
    const reached = { host: plainAddress(localAddress), port: localPort };
    const caller = {
      ...{ engineer, keyBlob, fingerprint, address: this.#address, reached },
      ...origin,
    };
    const loggedIn = this.#loggedInAs({ login, caller });
    const standing = logins.admit(loggedIn);
    void this.closed.then(() => logins.remove(loggedIn));
    const facts = { ...origin, login: visible(login), engineer, fingerprint };
    if (standing.kind === 'member') audit.connectionAuthenticated(facts);
    else audit.engineerNotLetIn({ ...facts, reason: standing.why.reason });
    if (standing.kind !== 'member') this.#notLetIn = standing.why;
    if (standing.kind === 'turned-away') {
      this.#putOut(standing.why);
      return standing.kind;
    }
    this.#login = loggedIn;
    if (standing.kind === 'guest') this.#receiveGuest(standing.why);
    this.#options.onProgress('authenticated');
    return standing.kind;
  }

  #loggedInAs(identity: Identity): LoggedIn {
    const channels = this.#channels;
    return {
      ...{ id: this.id, identity, since: new Date() },
      get use() {
        const uses = [...channels].map(({ use }) => use);
        const countOf = (kind: string) => uses.filter((use) => use === kind).length;
        return { views: countOf('view'), commands: countOf('command') };
      },
      end: (reason) => this.stop(reason),
    };
  }

  #receiveGuest(why: NotLetIn): void {
    this.#setDeadline(GUEST_LIMIT_MS, () => this.#putOut(why));
  }

  #putOut({ reason, sentence }: NotLetIn): void {
    this.giveUp({ reason: `not let in: ${reason}`, sentence });
  }

  #check(sshClient: SshClient): void {
    const isIn = this.#login !== undefined;
    const maxUnsentBytes = isIn ? MAX_UNSENT_BYTES.afterLogin : MAX_UNSENT_BYTES.beforeLogin;
    if (unsentBytes(sshClient) > maxUnsentBytes) this.giveUp(endFor('client does not read'));
    if (!isIn) this.#checkStranger(sshClient);
    this.#keyExchanges?.check();
    for (const channel of this.#channels) channel.check();
  }

  #checkStranger(sshClient: SshClient): void {
    if (isExchangingKeys(sshClient)) this.#options.onProgress('exchanging');
    if (incomingPacketBytes(sshClient) > MAX_PACKET_BYTES_BEFORE_LOGIN) {
      this.giveUp(endFor('packet too long before login'));
    }
    if (this.#socket.bytesRead > MAX_BYTES_BEFORE_LOGIN) {
      this.giveUp(endFor('client sent too much before login'));
    }
  }

  #giveUpAt(limit: EndingLimit): void {
    const { refusals, limits } = this.#options;
    if (this.#endReason === undefined) refusals.note(limit, this.#log);
    this.giveUp(endAtLimit(limit, limits));
  }

  #endGrace(): void {
    this.#isGraceExceeded = true;
    this.#giveUpAt('loginGraceTime');
  }

  #destroySoon(): void {
    this.#setDeadline(this.#lingerMs, () => this.#socket.destroy());
  }

  /** Replaces the deadline of the phase before. */
  #setDeadline(limitMs: number, act: () => void): void {
    clearTimeout(this.#deadline);
    this.#deadline = setTimeout(act, limitMs);
  }

  #noteClosed(): void {
    const reason = (this.#endReason ??= 'client left');
    clearTimeout(this.#deadline);
    this.#keyExchanges?.close();
    for (const channel of this.#channels) channel.abandon();
    const durationMs = Math.round(performance.now() - this.#startedAt);
    const write = (leftOut: LeftOut): void =>
      this.#log.info({ reason, durationMs, ...leftOut }, 'connection closed');
    if (this.#login !== undefined && this.#notLetIn === undefined) write({});
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
    if (this.#notLetIn !== undefined) return;
    if (this.#login !== undefined) {
      const { login, caller } = this.#login.identity;
      const { engineer } = caller;
      audit.connectionClosed({ ...event, login: visible(login), engineer, reason, durationMs });
    } else if (lastFailure !== undefined) {
      refusals.recordStranger((leftOut) => {
        audit.connectionRefused({ ...event, ...lastFailure, ...leftOut });
      });
    }
  }
}
