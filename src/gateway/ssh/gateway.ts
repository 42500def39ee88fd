import type { Socket } from 'node:net';
import ssh2, { type Server } from 'ssh2';
import { findDescriptorShortage } from '../../base/descriptors.js';
import type { Part } from '../../base/part.js';
import type { ConnectionCounts, ConnectionsPort } from '../commands/connection-info.js';
import {
  Admission,
  type AdmissionLimit,
  type Admittance,
  type FreshConnection,
} from './admission.js';
import { ALGORITHMS } from './algorithms.js';
import { Connection, type ConnectionOptions } from './connection.js';
import { endFor } from './connection-end.js';
import { type HostKey, offeredHostKeys } from './host-keys.js';
import { HYBRID_KEY_EXCHANGE } from './hybrid-key-exchange.js';
import { joinIdentification } from './identification.js';
import { type ListenAddress, plainAddress } from './listen-address.js';
import type { LocalPeers } from './local-peers.js';
import { type ConnectionAccess, Logins } from './logins.js';
import { Newcomers } from './newcomers.js';
import { HeldOutput } from './paced-output.js';
import { type DisplacedCounts, type Limit, Refusals } from './refusals.js';
import { addKeyExchange, hasNativeCiphers } from './ssh2-patch.js';
import { socketOf } from './ssh2-seams.js';
import { TcpListener } from './tcp-listener.js';

/** What sshd tells a client that it turns away (RFC 4253 §4.2 allows lines before the identification). */
const TURNED_AWAY = {
  descriptors: 'No file descriptor left, try again later\r\n',
  maxConnections: 'Exceeded MaxConnections\r\n',
  maxStartups: 'Exceeded MaxStartups\r\n',
  perSourceMaxStartups: 'Exceeded MaxStartups\r\n',
  perSourcePenalties: 'Not allowed at this time\r\n',
  stopping: 'The gateway is stopping, try again later\r\n',
} as const satisfies Record<AdmissionLimit | 'stopping', string>;

export interface GatewayOptions
  extends Omit<
    ConnectionOptions,
    'refusals' | 'heldOutput' | 'newcomers' | 'logins' | 'uid' | 'onProgress'
  > {
  readonly access: ConnectionAccess;
  readonly listen: readonly ListenAddress[];
  readonly hostKeys: readonly HostKey[];
  /** Tells who connects from this machine; without it they are known by address alone. */
  readonly localPeers?: Pick<LocalPeers, 'findUid'> | undefined;
}

/**
 * Owns SSH: listeners, connections, authentication, limits and channels. Promises that nobody gets
 * past it without a valid signature of a known key, that every socket ends, and that a client's output
 * and input are bounded. It must never decide what an engineer may do, nor read terminal data.
 */
export class Gateway {
  readonly #options: GatewayOptions;
  readonly #server: Server;
  readonly #listeners: TcpListener[] = [];
  readonly #connections = new Map<Socket, Connection>();
  readonly #admission: Admission;
  readonly #refusals = new Refusals(monotonicMs);
  readonly #heldOutput = new HeldOutput();
  readonly #newcomers = new Newcomers(monotonicMs);
  readonly #logins: Logins;
  #state: 'holding' | 'accepting' | 'closed' = 'holding';

  private constructor(options: GatewayOptions) {
    this.#options = options;
    addKeyExchange(HYBRID_KEY_EXCHANGE);
    if (!hasNativeCiphers()) options.log.warn('native ciphers missing, encryption is slower');
    const { access, limits, log } = options;
    this.#admission = new Admission({ limits, now: monotonicMs, random: Math.random });
    this.#logins = new Logins({ access, limits, log, refusals: this.#refusals });
    this.#server = new ssh2.Server({
      hostKeys: offeredHostKeys(options.hostKeys),
      algorithms: ALGORITHMS,
      ident: 'Triad',
      keepaliveInterval: limits.clientAliveIntervalMs,
      keepaliveCountMax: limits.clientAliveCountMax,
    });
    this.#server.on('connection', (sshClient) => {
      this.#connections.get(socketOf(sshClient))?.serve(sshClient);
    });
  }

  /**
   * Binds all addresses, or none. Clients that connect are held until `accept`.
   *
   * @throws ConfigurationError that names the address that cannot be had, or says that ssh2 is not
   * the patched one.
   */
  static async listen(options: GatewayOptions): Promise<Gateway> {
    const gateway = new Gateway(options);
    try {
      for (const address of options.listen) await gateway.#open(address);
    } catch (error) {
      await gateway.close();
      throw error;
    }
    return gateway;
  }

  /** Where the gateway listens, with the ports that the system chose. */
  get addresses(): readonly ListenAddress[] {
    return this.#listeners.map((listener) => listener.address);
  }

  /** The listeners are to be watched: without them nobody gets in. */
  get parts(): readonly Part[] {
    return this.#listeners;
  }

  get hostKeys(): readonly Pick<HostKey, 'type' | 'fingerprint'>[] {
    return this.#options.hostKeys.map(({ type, fingerprint }) => ({ type, fingerprint }));
  }

  /** How often each limit refused something since the start. */
  get refused(): Readonly<Record<Limit, number>> {
    return this.#refusals.counts;
  }

  /** How often somebody who had not logged in gave way to a newcomer. */
  get displaced(): Readonly<DisplacedCounts> {
    return this.#refusals.displaced;
  }

  /** Those who have logged in. */
  get logins(): ConnectionsPort {
    return this.#logins;
  }

  get counts(): ConnectionCounts {
    const { maxConnections: max } = this.#options.limits;
    const { count: loggedIn, guests } = this.#logins;
    return { open: this.#connections.size, max, loggedIn, guests };
  }

  /** Lets clients in, those that were held first. */
  accept(): void {
    if (this.#state !== 'holding') return;
    this.#state = 'accepting';
    for (const [socket, connection] of this.#connections) this.#serve(socket, connection);
  }

  /**
   * Takes no more clients, says goodbye to those that are left, and resolves when all are gone;
   * within 5 s whatever they do. Idempotent.
   */
  async close(): Promise<void> {
    this.#state = 'closed';
    this.#logins.close();
    const listeners = this.#listeners.map((listener) => listener.close());
    const connections = [...this.#connections.values()];
    for (const connection of connections) connection.stop('stopping');
    await Promise.all([...listeners, ...connections.map(({ closed }) => closed)]);
  }

  async #open(address: ListenAddress): Promise<void> {
    const { log } = this.#options;
    const listener = await TcpListener.open(address, {
      onSocket: (socket) => this.#receive(socket),
      onError: (error) => {
        this.#refusals.logStranger((leftOut) => {
          log.warn({ error, ...leftOut }, 'connection not accepted');
        });
      },
    });
    this.#listeners.push(listener);
  }

  #receive(socket: Socket): void {
    const { localPeers } = this.#options;
    if (localPeers === undefined) this.#admit(socket, undefined);
    else localPeers.findUid(socket, (uid) => this.#admit(socket, uid));
  }

  #admit(socket: Socket, uid: number | undefined): void {
    const remote = socket.remoteAddress;
    // A socket without an address is gone already.
    if (this.#state === 'closed' || remote === undefined) {
      turnAway(socket, 'stopping');
      return;
    }
    const address = plainAddress(remote);
    const admitted = this.#admission.admit(this.#applicationOf(socket, { address, uid }));
    if ('refusedBy' in admitted) {
      this.#refusals.note(admitted.refusedBy, this.#options.log, { address, uid });
      turnAway(socket, admitted.refusedBy);
    } else {
      this.#take(socket, uid, admitted);
    }
  }

  #applicationOf(
    socket: Socket,
    source: Pick<FreshConnection, 'address' | 'uid'>,
  ): FreshConnection {
    return {
      ...source,
      lacksDescriptors: findDescriptorShortage() !== undefined,
      // While all are held nobody can show that they go on: who came first stays.
      mayDisplace: this.#state === 'accepting',
      onDisplaced: (limit) => {
        this.#refusals.noteDisplaced(limit, this.#options.log, source);
        this.#connections.get(socket)?.giveWay(limit, TURNED_AWAY[limit].trim());
      },
    };
  }

  #take(socket: Socket, uid: number | undefined, admittance: Admittance): void {
    const connection = new Connection(socket, {
      ...this.#options,
      uid,
      refusals: this.#refusals,
      heldOutput: this.#heldOutput,
      newcomers: this.#newcomers,
      logins: this.#logins,
      onProgress: (progress) => admittance.noteProgress(progress),
    });
    this.#connections.set(socket, connection);
    void connection.closed.then(() => {
      this.#connections.delete(socket);
      const isKept = admittance.end(connection.offence);
      if (!isKept) this.#refusals.note('maxSources', this.#options.log);
    });
    if (this.#state === 'accepting') this.#serve(socket, connection);
  }

  #serve(socket: Socket, connection: Connection): void {
    if (socket.destroyed) return;
    joinIdentification(socket, (reason) => connection.giveUp(endFor(reason)));
    this.#server.injectSocket(socket);
  }
}

/** The line goes out at once or not at all: what the kernel does not take is not waited for. */
function turnAway(socket: Socket, why: keyof typeof TURNED_AWAY): void {
  socket.on('error', () => undefined);
  socket.write(TURNED_AWAY[why]);
  socket.destroy();
}

function monotonicMs(): number {
  return performance.now();
}
