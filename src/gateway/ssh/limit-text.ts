import { parseDuration } from '../../base/duration.js';
import { visible } from '../../base/visible.js';
import type { PrefixLengths } from '../access/address-bits.js';
import type { Startups } from './admission.js';

/** Why a limit in `config/gateway.yaml` was not understood. */
export interface LimitProblem {
  readonly problem: string;
}

/** What `maxStartups` and `maxConnections` can be at most. */
export const MAX_CONNECTIONS = 10_000;

/**
 * The milliseconds of an OpenSSH time (sshd_config(5) TIME FORMATS): `90`, `90s`, `2m` or `1h30m`,
 * larger units first.
 *
 * @param range the least and the most, written the same way
 */
export function readTime(text: string, range: readonly [string, string]): number | LimitProblem {
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
export function readStartups(text: string): Startups | LimitProblem {
  const [start = 0, rate = 100, full = start, ...more] = numbersOf(text);
  const isRange = start >= 1 && start <= full && full <= MAX_CONNECTIONS;
  if (isRange && rate >= 1 && rate <= 100 && more.length === 0) return { start, rate, full };
  return {
    problem: `must be start:rate:full with 1 to full, 1 to 100 percent and start to ${MAX_CONNECTIONS}, like 10:30:100, got ${visible(text, 64)}`,
  };
}

/** `ipv4:ipv6` of PerSourceNetBlockSize; the second may be left out. */
export function readNetBlockSize(text: string): PrefixLengths | LimitProblem {
  const [ipv4 = 0, ipv6 = 128, ...more] = numbersOf(text);
  const isRange = ipv4 >= 1 && ipv4 <= 32 && ipv6 >= 1 && ipv6 <= 128;
  if (isRange && more.length === 0) return { ipv4, ipv6 };
  return {
    problem: `must be prefix lengths of 1 to 32 for IPv4 and 1 to 128 for IPv6, like 32:64, got ${visible(text, 64)}`,
  };
}

/** Those between colons; empty when one of them is no number. */
function numbersOf(text: string): readonly number[] {
  return /^\d{1,9}(?::\d{1,9})*$/.test(text) ? text.split(':').map(Number) : [];
}
