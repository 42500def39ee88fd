import { networkInterfaces } from 'node:os';
import type { ListenAddress } from '../gateway/ssh/listen-address.js';

/** Every address of the machine; Node.js takes `::` for both families where the system does. */
const EVERY: Readonly<Record<string, readonly string[]>> = {
  '0.0.0.0': ['IPv4'],
  '::': ['IPv4', 'IPv6'],
  '*': ['IPv4', 'IPv6'],
};
/** A link-local address (RFC 4291 §2.5.6) means something else on another machine. */
const LINK_LOCAL = /^fe[89ab]/i;
/** Containers give a machine dozens of bridges. */
const MAX_ADDRESSES = 8;

/** Where others reach listeners: for one on all addresses, those that this machine has beside loopback. */
export function reachedAt(
  listen: readonly ListenAddress[],
  interfaces: () => ReturnType<typeof networkInterfaces> = networkInterfaces,
): readonly ListenAddress[] {
  const found = listen.flatMap((address) => {
    const families = EVERY[address.host];
    if (families === undefined) return [address];
    const outer = Object.values(interfaces())
      .flatMap((each) => each ?? [])
      .filter(({ internal, address: ip }) => !internal && !LINK_LOCAL.test(ip));
    const ofFamilies = families.flatMap((family) => outer.filter((each) => each.family === family));
    return ofFamilies.map(({ address: host }) => ({ host, port: address.port }));
  });
  const known = new Map(found.map((address) => [`${address.host} ${address.port}`, address]));
  return [...known.values()].slice(0, MAX_ADDRESSES);
}
