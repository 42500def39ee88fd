import type { Problem } from '../../base/errors.js';
import { visible } from '../../base/visible.js';
import { type AddressBits, bitsOf, canonicalAddress } from './address-bits.js';

interface Network extends AddressBits {
  readonly prefix: number;
}

/** One entry of a pattern list. */
type Pattern = { readonly isNegated: boolean } & (
  | { readonly network: Network }
  | { readonly wildcard: string }
);

const MAX_PATTERNS = 256;
/** Enough for any address, and little work to match. */
const MAX_WILDCARD_LENGTH = 64;

/** What is wrong with the value of `from=`; undefined when nothing is. */
export function addressPatternsProblem(list: string): string | undefined {
  const patterns = parsePatterns(list);
  return 'problem' in patterns ? patterns.problem : undefined;
}

/**
 * Whether `from=` lets an address in (sshd(8), ssh_config(5) PATTERNS): some entry must fit and no
 * negated one. Entries are CIDR networks, addresses, or addresses with `*` and `?`. An IPv4
 * address that comes in IPv6 form is an IPv4 address; what is no address never fits.
 */
export function matchesAddress(list: string, address: string): boolean {
  const patterns = parsePatterns(list);
  const canonical = canonicalAddress(address);
  if ('problem' in patterns || canonical === undefined) return false;
  const fitting = patterns.filter((pattern) => fits(pattern, canonical));
  return fitting.length > 0 && fitting.every((pattern) => !pattern.isNegated);
}

function fits(pattern: Pattern, address: string): boolean {
  if ('wildcard' in pattern) return matchesWildcard(pattern.wildcard, address);
  const { bits, width, prefix } = pattern.network;
  const other = bitsOf(address);
  if (other?.width !== width) return false;
  const shift = BigInt(width - prefix);
  return other.bits >> shift === bits >> shift;
}

function parsePatterns(list: string): readonly Pattern[] | Problem {
  const entries = list.split(',');
  if (entries.length > MAX_PATTERNS) {
    return { problem: `from= takes at most ${MAX_PATTERNS} entries` };
  }
  const patterns: Pattern[] = [];
  for (const entry of entries) {
    const pattern = parsePattern(entry);
    if ('problem' in pattern) return pattern;
    patterns.push(pattern);
  }
  return patterns;
}

function parsePattern(entry: string): Pattern | Problem {
  const isNegated = entry.startsWith('!');
  const text = isNegated ? entry.slice(1) : entry;
  const got = `got "${visible(entry, 64)}"`;
  if (isWildcard(text)) {
    return { isNegated, wildcard: text.toLowerCase() };
  }
  const network = parseNetwork(text);
  if (network === undefined) {
    return { problem: `from= takes addresses, CIDR networks and * or ? in addresses, ${got}` };
  }
  const hostBits = BigInt(network.width - network.prefix);
  if ((network.bits >> hostBits) << hostBits !== network.bits) {
    return { problem: `the network in from= has bits set beyond its prefix length, ${got}` };
  }
  return { isNegated, network };
}

/**
 * Spellings that no canonical address has are refused (IPv4 within IPv6, leading zeros): they would
 * never fit, and a negated one would let in whom it is meant to keep out.
 */
function isWildcard(text: string): boolean {
  if (text.length > MAX_WILDCARD_LENGTH || !/[*?]/.test(text)) return false;
  return /^(?:[0-9.*?]+|[0-9a-f:*?]+)$/i.test(text) && !/(?:^|[:.])0[0-9a-f]/i.test(text);
}

/** Matches in at most length times length steps: only the last `*` is ever tried again. */
function matchesWildcard(pattern: string, text: string): boolean {
  let [inPattern, inText, star, afterStar] = [0, 0, -1, 0];
  while (inText < text.length) {
    const wanted = pattern[inPattern];
    if (wanted === '*') {
      star = inPattern++;
      afterStar = inText;
    } else if (wanted === '?' || wanted === text[inText]) {
      inPattern++;
      inText++;
    } else if (star >= 0) {
      inPattern = star + 1;
      inText = ++afterStar;
    } else {
      return false;
    }
  }
  return /^\**$/.test(pattern.slice(inPattern));
}

function parseNetwork(text: string): Network | undefined {
  const [address = '', length, ...more] = text.split('/');
  const parsed = bitsOf(address);
  if (parsed === undefined || more.length > 0) return undefined;
  if (length !== undefined && !/^\d{1,3}$/.test(length)) return undefined;
  const prefix = length === undefined ? parsed.width : Number(length);
  return prefix > parsed.width ? undefined : unmapped({ ...parsed, prefix });
}

/** `::ffff:10.0.0.0/104` as the IPv4 network it is. */
function unmapped(network: Network): Network {
  if (network.width !== 128 || network.prefix < 96 || network.bits >> 32n !== 0xffffn) {
    return network;
  }
  return { bits: network.bits & 0xffff_ffffn, width: 32, prefix: network.prefix - 96 };
}
