import { isIPv4, isIPv6, SocketAddress } from 'node:net';

/** An address as a number of `width` bits. */
export interface AddressBits {
  readonly bits: bigint;
  readonly width: 32 | 128;
}

/** How many leading bits of an address make its network. */
export interface PrefixLengths {
  readonly ipv4: number;
  readonly ipv6: number;
}

/** The network of an address: `192.0.2.0/24`, `2001:db8::/64`; undefined for what is no address. */
export function networkOf(address: string, prefixes: PrefixLengths): string | undefined {
  const parsed = bitsOf(canonicalAddress(address) ?? '');
  if (parsed === undefined) return undefined;
  const { bits, width } = parsed;
  const prefix = width === 32 ? prefixes.ipv4 : prefixes.ipv6;
  const hostBits = BigInt(width - prefix);
  return `${formatBits({ bits: (bits >> hostBits) << hostBits, width })}/${prefix}`;
}

/** One spelling per address: IPv4 where it is one, IPv6 in RFC 5952's form without a zone. */
export function canonicalAddress(address: string): string | undefined {
  if (isIPv4(address)) return address;
  const withoutZone = address.replace(/%.*$/s, '');
  if (!isIPv6(withoutZone)) return undefined;
  const text = new SocketAddress({ address: withoutZone, family: 'ipv6' }).address;
  const mapped = /^::ffff:([\d.]+)$/i.exec(text)?.[1];
  return mapped ?? text.toLowerCase();
}

/** The bits of an address; undefined for what is none, and for one with a zone. */
export function bitsOf(address: string): AddressBits | undefined {
  if (isIPv4(address)) return { bits: joinBits(address.split('.').map(Number), 8n), width: 32 };
  if (!isIPv6(address) || address.includes('%')) return undefined;
  return { bits: joinBits(ipv6Groups(address), 16n), width: 128 };
}

/** The eight groups of an address that `isIPv6` accepted. */
function ipv6Groups(address: string): number[] {
  const [head = '', tail] = address.split('::');
  const left = groupsOf(head);
  if (tail === undefined) return left;
  const right = groupsOf(tail);
  return [...left, ...Array<number>(8 - left.length - right.length).fill(0), ...right];
}

function groupsOf(part: string): number[] {
  if (part === '') return [];
  return part.split(':').flatMap((group) => {
    if (!group.includes('.')) return [Number.parseInt(group, 16)];
    const [a = 0, b = 0, c = 0, d = 0] = group.split('.').map(Number);
    return [(a << 8) | b, (c << 8) | d];
  });
}

function joinBits(parts: readonly number[], partWidth: bigint): bigint {
  return parts.reduce((bits, part) => (bits << partWidth) | BigInt(part), 0n);
}

function formatBits({ bits, width }: AddressBits): string {
  if (width === 32) return splitBits(bits, 4, 8n).join('.');
  const address = splitBits(bits, 8, 16n)
    .map((group) => group.toString(16))
    .join(':');
  return new SocketAddress({ address, family: 'ipv6' }).address;
}

function splitBits(bits: bigint, count: number, partWidth: bigint): bigint[] {
  const mask = (1n << partWidth) - 1n;
  return Array.from({ length: count }, (_, index) => {
    return (bits >> (BigInt(count - 1 - index) * partWidth)) & mask;
  });
}
