import { BlockList, isIP } from 'node:net';
import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { networkOf } from '../../../../src/gateway/access/address-bits.js';

describe('the network of an address', () => {
  it.each([
    ['192.0.2.77', 32, 64, '192.0.2.77/32'],
    ['192.0.2.77', 24, 64, '192.0.2.0/24'],
    ['192.0.2.77', 1, 64, '128.0.0.0/1'],
    ['2001:db8:1:2:3:4:5:6', 32, 64, '2001:db8:1:2::/64'],
    ['2001:db8:1:2:3:4:5:6', 32, 128, '2001:db8:1:2:3:4:5:6/128'],
    ['2001:db8:1:2:3:4:5:6', 32, 33, '2001:db8::/33'],
    ['::1', 32, 64, '::/64'],
    ['fe80::1%eth0', 32, 64, 'fe80::/64'],
    ['::ffff:192.0.2.77', 24, 64, '192.0.2.0/24'],
    ['::ffff:c000:24d', 32, 64, '192.0.2.77/32'],
  ])('%s with /%i and /%i is %s', (address, ipv4, ipv6, network) => {
    expect(networkOf(address, { ipv4, ipv6 })).toBe(network);
  });

  it.each(['', 'unknown', '192.0.2', '192.0.2.1/24'])('of %j is none', (address) => {
    expect(networkOf(address, { ipv4: 32, ipv6: 64 })).toBeUndefined();
  });
});

const prefixes = fc.record({
  ipv4: fc.integer({ min: 1, max: 32 }),
  ipv6: fc.integer({ min: 1, max: 128 }),
});

test.prop([fc.oneof(fc.ipV4(), fc.ipV6()), prefixes])(
  'an address lies in its network, and so the network in itself',
  (address, lengths) => {
    const [base = '', prefix = ''] = networkOf(address, lengths)?.split('/') ?? [];
    const family = isIP(base) === 4 ? 'ipv4' : 'ipv6';
    const list = new BlockList();
    list.addSubnet(base, Number(prefix), family);
    expect(list.check(address, isIP(address) === 4 ? 'ipv4' : 'ipv6')).toBe(true);
    expect(networkOf(base, lengths)).toBe(`${base}/${prefix}`);
  },
);
