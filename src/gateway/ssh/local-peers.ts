import { createReadStream } from 'node:fs';
import type { Socket } from 'node:net';
import type { Clock } from '../../base/clock.js';
import { OwnSlices, type Slices } from '../../base/slices.js';
import { SpacedWork } from '../../base/spaced-work.js';
import { type AddressBits, bitsOf, canonicalAddress } from '../access/address-bits.js';
import { matchesAddress } from '../access/address-pattern.js';

/** A connection as this machine sees it, from our end. */
export type SocketEnds = Partial<
  Pick<Socket, 'localAddress' | 'localPort' | 'remoteAddress' | 'remotePort'>
>;

/** One socket of this machine, as a line of proc_pid_net(5) `tcp` tells it. */
interface Row {
  /** The socket's own end and the other one, in one text. */
  readonly ends: string;
  /** The user that made the socket. */
  readonly uid: number;
}

type OnFound = (uid: number | undefined) => void;

const LOOPBACK = '127.0.0.0/8,::1';
/** IPv4 in IPv6 form, as the table writes it. */
const MAPPED = /^0000000000000000FFFF0000/;
const ESTABLISHED = '01';

/** The rows of all ports that one address has, twice; what is behind them is not read. */
const MAX_TABLE_BYTES = 20 * 1024 * 1024;
/** Who comes while so many wait is known by address alone. */
const MAX_WAITING = 1000;
/** A read takes some milliseconds of another thread: a flood gets no more of it than this leaves. */
const PAUSE_MS = 20;

export interface LocalPeersOptions {
  readonly clock: Clock;
  /** `tcp` and `tcp6` of /proc/net by default. */
  readonly tables?: readonly string[];
}

/**
 * Tells which user of this machine made the other end of a connection. Nothing on the network says
 * that; the kernel's table of sockets does, which is read once for all who wait for it.
 */
export class LocalPeers {
  readonly #tables: readonly string[];
  readonly #reads: SpacedWork;
  #waiting = new Map<string, OnFound>();
  /** How many were not asked about, because too many waited. */
  leftOut = 0;

  constructor({ clock, tables = ['/proc/net/tcp', '/proc/net/tcp6'] }: LocalPeersOptions) {
    this.#tables = tables;
    this.#reads = new SpacedWork({ pauseMs: PAUSE_MS, work: () => this.#read(), clock });
  }

  /**
   * Tells the other end's user, once: undefined at once for what comes from elsewhere or cannot be asked about
   * now, and after a while where the table does not say. What `onFound` costs is cut in slices.
   */
  findUid(socket: SocketEnds, onFound: OnFound): void {
    const ends = endsOfPeer(socket);
    const isCrowded = this.#waiting.size >= MAX_WAITING;
    if (ends !== undefined && isCrowded) this.leftOut += 1;
    if (ends === undefined || isCrowded) {
      onFound(undefined);
    } else {
      this.#waiting.set(ends, onFound);
      this.#reads.ask();
    }
  }

  async #read(): Promise<void> {
    const waiting = this.#waiting;
    const slices = new OwnSlices();
    this.#waiting = new Map();
    for (const table of this.#tables) {
      try {
        if (waiting.size > 0) await settleFrom(table, waiting, slices);
      } catch {
        // No such table, or no descriptor for it: nobody is known from it.
      }
    }
    for (const onFound of waiting.values()) {
      onFound(undefined);
      if (slices.isOver) await slices.next();
    }
  }
}

async function settleFrom(
  table: string,
  waiting: Map<string, OnFound>,
  slices: Slices,
): Promise<void> {
  let rest = '';
  const pieces = createReadStream(table, { encoding: 'latin1', end: MAX_TABLE_BYTES - 1 });
  for await (const piece of pieces as AsyncIterable<string>) {
    const lines = `${rest}${piece}`.split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      const row = parseRow(line);
      if (row === undefined) continue;
      const onFound = waiting.get(row.ends);
      waiting.delete(row.ends);
      onFound?.(row.uid);
      if (slices.isOver) await slices.next();
    }
    if (waiting.size === 0) return;
  }
}

/**
 * Reads a line; undefined for the head, and for sockets not connected: of many the kernel has
 * forgotten the user.
 */
export function parseRow(line: string): Row | undefined {
  const [, own = '', other = '', state, , , , uid = ''] = line.trim().split(/\s+/);
  if (state !== ESTABLISHED || !/^\d+$/.test(uid)) return undefined;
  return { ends: joinEnds(own.replace(MAPPED, ''), other.replace(MAPPED, '')), uid: Number(uid) };
}

/** What the peer's row says of its ends; undefined when it is not of this machine, for all we know. */
export function endsOfPeer(socket: SocketEnds): string | undefined {
  const { localPort = 0, remotePort = 0 } = socket;
  const [local, remote] = [socket.localAddress, socket.remoteAddress].map((address = '') =>
    canonicalAddress(address),
  );
  if (local === undefined || remote === undefined) return undefined;
  if (remote !== local && !matchesAddress(LOOPBACK, remote)) return undefined;
  return joinEnds(formatEnd(remote, remotePort), formatEnd(local, localPort));
}

function joinEnds(own: string, other: string): string {
  return `${own} ${other}`;
}

function formatEnd(address: string, port: number): string {
  const bits = bitsOf(address);
  return `${bits === undefined ? '' : formatWords(bits)}:${toHex(BigInt(port), 4)}`;
}

/**
 * Formats words of 32 bits as a little-endian machine writes them; on another one no row is ever
 * found.
 */
function formatWords({ bits, width }: AddressBits): string {
  const bytes = toHex(bits, width / 4).match(/../g) ?? [];
  const words = Array.from({ length: width / 32 }, (_, index) =>
    bytes.slice(4 * index, 4 * index + 4),
  );
  return words.map((word) => word.reverse().join('')).join('');
}

function toHex(value: bigint, digits: number): string {
  return value.toString(16).toUpperCase().padStart(digits, '0');
}
