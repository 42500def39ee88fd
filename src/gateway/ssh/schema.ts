import type { output } from 'zod';
import { parseDuration } from '../../base/duration.js';
import { messageOf, type Problem } from '../../base/errors.js';
import { z } from '../../base/schema.js';
import { visible } from '../../base/visible.js';
import type { PrefixLengths } from '../access/address-bits.js';
import { addressPatternsProblem } from '../access/address-pattern.js';
import { type ListenAddress, parseListenAddress } from './listen-address.js';

/**
 * From `start` connections on that are not logged in, `rate` percent are refused; from `full` on,
 * all.
 */
export interface Startups {
  readonly start: number;
  readonly rate: number;
  readonly full: number;
}

/** What `maxStartups` and `maxConnections` can be at most. */
const MAX_CONNECTIONS = 10_000;

const listenAddress = z.string().transform((text, context): ListenAddress => {
  try {
    return parseListenAddress(text);
  } catch (error) {
    context.addIssue({ code: 'custom', message: messageOf(error) });
    return z.NEVER;
  }
});

/** An option that is written as text; a plain number is read as its digits. */
function written<T extends object | number>(read: (text: string) => T | Problem) {
  return z.union([z.string(), z.number()]).transform((value, context): T => {
    const result = read(String(value));
    if (typeof result !== 'object' || !('problem' in result)) return result;
    context.addIssue({ code: 'custom', message: result.problem });
    return z.NEVER;
  });
}

function time(least: string, most: string) {
  return written((text) => readTime(text, [least, most]));
}

function integer(least: number, most: number) {
  return z.int().min(least).max(most);
}

const network = z.string().superRefine((text, context) => {
  if (!text.includes(',') && addressPatternsProblem(text) === undefined) return;
  const message = `must be an address or a network like 192.0.2.0/24, got ${visible(text, 64)}`;
  context.addIssue({ code: 'custom', message });
});

const penalties = z
  .strictObject({
    authfail: time('1s', '1h')
      .prefault('5s')
      .describe(
        'Penalty for a connection that ends after a wrong signature or another method than a key.',
      ),
    noauth: time('1s', '1h')
      .prefault('1s')
      .describe(
        'Penalty for a connection that ends without an attempt to log in, or offered unknown keys alone.',
      ),
    graceExceeded: time('1s', '1h')
      .prefault('10s')
      .describe('Penalty for a connection that loginGraceTime ended.'),
    refuseConnection: time('1s', '1h')
      .prefault('10s')
      .describe('Penalty for a known key without a right to the session.'),
    min: time('1s', '1h').prefault('15s').describe('A source with more than this is refused.'),
    max: time('1s', '1d').prefault('10m').describe('Penalties add up to this at most.'),
    maxSources: integer(1, 65_536)
      .default(65_536)
      .describe('Penalised sources that are remembered, of IPv4 and of IPv6 each.'),
    overflow: z
      .enum(['permissive', 'deny-all'])
      .default('permissive')
      .describe('With maxSources penalised: forget the oldest, or refuse every new connection.'),
  })
  .refine(({ min, max }) => min <= max, { path: ['min'], message: 'must be at most max' })
  .transform(({ authfail, noauth, graceExceeded, refuseConnection, min, max, ...rest }) => ({
    authfailMs: authfail,
    noauthMs: noauth,
    graceExceededMs: graceExceeded,
    refuseConnectionMs: refuseConnection,
    minMs: min,
    maxMs: max,
    ...rest,
  }));

/** Named and meant as in sshd_config(5), where it has the same limit. */
const limits = z
  .strictObject({
    maxConnections: integer(1, MAX_CONNECTIONS)
      .default(1000)
      .describe('Connections at once that have logged in.'),
    maxConnectionsPerEngineer: integer(1, MAX_CONNECTIONS)
      .default(100)
      .describe('Connections at once that one engineer has logged in on.'),
    maxConnectionsPerKey: integer(1, MAX_CONNECTIONS)
      .default(50)
      .describe('Connections at once that have logged in with one key.'),
    adminReservedConnections: integer(1, MAX_CONNECTIONS)
      .default(10)
      .describe('Of maxConnections, kept for admins; at most half of them.'),
    maxGuests: integer(1, 100)
      .default(16)
      .describe('Connections at once whose engineers are only told why they are not let in.'),
    loginGraceTime: time('1s', '10m')
      .prefault('2m')
      .describe('Time a client has to prove its key.'),
    unusedConnectionTimeout: time('1s', '1d')
      .prefault('1m')
      .describe('Time after which a connection that shows and runs nothing is closed.'),
    maxAuthTries: integer(1, 100)
      .default(6)
      .describe('Failed attempts to log in before a connection is closed; each key is one.'),
    maxStartups: written(readStartups)
      .prefault('100:30:400')
      .describe('start:rate:full of connections that have not logged in yet.'),
    perSourceMaxStartups: integer(1, MAX_CONNECTIONS)
      .default(64)
      .describe('Connections from one source that have not logged in yet.'),
    perSourceNetBlockSize: written(readNetBlockSize)
      .prefault('32:64')
      .describe(
        'Prefix lengths of the IPv4 and IPv6 networks that count as one source; a user of this machine is one, too.',
      ),
    perSourcePenalties: penalties
      .prefault({})
      .describe('How long a source is refused whose clients fail to log in.'),
    perSourcePenaltyExemptList: z
      .array(network)
      .max(256)
      .default(['127.0.0.0/8', '::1'])
      .describe('Addresses and networks that get no penalties.'),
    maxSessions: integer(1, 64)
      .default(10)
      .describe('Attachments and commands at once on one connection (ControlMaster shares one).'),
    clientAliveInterval: time('1s', '1h')
      .prefault('15s')
      .describe('Silence after which a client is asked whether it is alive.'),
    clientAliveCountMax: integer(1, 100)
      .default(3)
      .describe('Questions without an answer before a client counts as gone.'),
  })
  .transform(({ loginGraceTime, unusedConnectionTimeout, clientAliveInterval, ...rest }) => ({
    loginGraceTimeMs: loginGraceTime,
    unusedConnectionTimeoutMs: unusedConnectionTimeout,
    clientAliveIntervalMs: clientAliveInterval,
    ...rest,
  }));

/** The gateway's part of `config/gateway.yaml`: every option with its default, range and meaning. */
export const gatewaySchema = z.strictObject({
  listen: z
    .array(listenAddress)
    .min(1)
    .max(16)
    .prefault(['127.0.0.1:2222'])
    .describe('Where to accept SSH connections: HOST:PORT, [IPV6]:PORT or *:PORT.'),
  limits: limits.prefault({}),
});

export type GatewayLimits = output<typeof limits>;

export type PenaltyLimits = GatewayLimits['perSourcePenalties'];

/**
 * The milliseconds of an OpenSSH time (sshd_config(5) TIME FORMATS): `90`, `90s`, `2m` or `1h30m`,
 * larger units first.
 *
 * @param range the least and the most, written the same way
 */
function readTime(text: string, range: readonly [string, string]): number | Problem {
  const ms = milliseconds(text);
  const [least, most] = range.map(milliseconds);
  if (ms !== undefined && least !== undefined && most !== undefined && ms >= least && ms <= most) {
    return ms;
  }
  const form = 'seconds, or like 90s, 2m or 1h30m';
  return { problem: `must be ${range.join(' to ')} (${form}), got ${visible(text, 64)}` };
}

function milliseconds(text: string): number | undefined {
  const ms = parseDuration(/^\d+$/.test(text) ? `${text}s` : text.toLowerCase());
  return typeof ms === 'number' ? ms : undefined;
}

/** `start:rate:full` of MaxStartups; one number alone is where all are refused. */
function readStartups(text: string): Startups | Problem {
  const [start = 0, rate = 100, full = start, ...more] = numbersOf(text);
  const isRange = start >= 1 && start <= full && full <= MAX_CONNECTIONS;
  if (isRange && rate >= 1 && rate <= 100 && more.length === 0) return { start, rate, full };
  return {
    problem: `must be start:rate:full with 1 to full, 1 to 100 percent and start to ${MAX_CONNECTIONS}, like 10:30:100, got ${visible(text, 64)}`,
  };
}

/** `ipv4:ipv6` of PerSourceNetBlockSize; the second may be left out. */
function readNetBlockSize(text: string): PrefixLengths | Problem {
  const [ipv4 = 0, ipv6 = 128, ...more] = numbersOf(text);
  const isRange = ipv4 >= 1 && ipv4 <= 32 && ipv6 >= 1 && ipv6 <= 128;
  if (isRange && more.length === 0) return { ipv4, ipv6 };
  return {
    problem: `must be prefix lengths of 1 to 32 for IPv4 and 1 to 128 for IPv6, like 32:64, got ${visible(text, 64)}`,
  };
}

/** The numbers between colons; empty when one of them is no number. */
function numbersOf(text: string): readonly number[] {
  return /^\d{1,9}(?::\d{1,9})*$/.test(text) ? text.split(':').map(Number) : [];
}
