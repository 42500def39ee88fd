import { BlockList } from 'node:net';
import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import {
  addressPatternsProblem,
  matchesAddress,
} from '../../../../src/gateway/access/address-pattern.js';

describe('from=', () => {
  it.each([
    ['10.0.0.0/8', '10.255.1.2', true],
    ['10.0.0.0/8', '11.0.0.1', false],
    ['10.0.0.7', '10.0.0.7', true],
    ['10.0.0.7', '10.0.0.8', false],
    ['0.0.0.0/0', '203.0.113.9', true],
    ['0.0.0.0/0', '2001:db8::1', false],
    ['2001:db8::/32', '2001:db8:1::1', true],
    ['2001:db8::/32', '2001:db9::1', false],
    ['2001:DB8::1', '2001:db8:0:0:0:0:0:1', true],
    ['::/0', '2001:db8::1', true],
    ['::/0', '10.0.0.1', false],
    ['10.0.0.*', '10.0.0.99', true],
    ['10.0.0.?', '10.0.0.99', false],
    ['10.*.0.1', '10.1.0.1', true],
    ['1*0.1', '10.0.0.1', true],
    ['1*0.1', '10.0.0.2', false],
    ['10.0.0.1*', '10.0.0.1', true],
    ['2001:db8:*', '2001:0db8::1', true],
    ['*', '2001:db8::1', true],
    ['10.0.0.0/8,192.0.2.1', '192.0.2.1', true],
  ])('%s and %s: %s', (list, address, isMatch) => {
    expect(addressPatternsProblem(list)).toBeUndefined();
    expect(matchesAddress(list, address)).toBe(isMatch);
  });

  it('a negated entry that fits wins wherever it stands', () => {
    expect(matchesAddress('!10.0.0.5,10.0.0.0/8', '10.0.0.5')).toBe(false);
    expect(matchesAddress('10.0.0.0/8,!10.0.0.*', '10.0.0.5')).toBe(false);
    expect(matchesAddress('10.0.0.0/8,!10.0.0.*', '10.0.1.5')).toBe(true);
  });

  it('negated entries alone let nobody in', () => {
    expect(matchesAddress('!10.0.0.5', '10.0.0.6')).toBe(false);
  });

  it('an IPv4 address in IPv6 form is an IPv4 address, on both sides', () => {
    expect(matchesAddress('10.0.0.0/8', '::ffff:10.1.2.3')).toBe(true);
    expect(matchesAddress('10.0.*', '::FFFF:10.0.0.1')).toBe(true);
    expect(matchesAddress('::ffff:10.0.0.0/104', '10.1.2.3')).toBe(true);
    expect(matchesAddress('!::ffff:10.1.2.3,*', '10.1.2.3')).toBe(false);
    expect(matchesAddress('::/0', '::ffff:10.1.2.3')).toBe(false);
  });

  it('the zone of a link-local address does not matter', () => {
    expect(matchesAddress('fe80::/10', 'fe80::1%eth0')).toBe(true);
  });

  it.each(['', '10.0.0.1 ', 'localhost', 'unix', '10.0.0.1:22', '%'])(
    'what is no address, "%s", never fits',
    (address) => {
      expect(matchesAddress('*', address)).toBe(false);
    },
  );

  it.each([
    '',
    ',',
    '10.0.0.1,',
    'host.example.com',
    '*.example.com',
    '!*.example.org,*',
    '10.0.0.0/33',
    '2001:db8::/129',
    '10.0.0.0/',
    '10.0.0.0/8/8',
    '10.0.0.0/-1',
    '10.0.0.1/8',
    '2001:db8::1/32',
    '10.0.0',
    '::ffff:10.*',
    '2001:0db8:*',
    '!',
    '!!10.0.0.1',
    'fe80::1%eth0',
    '10.0.0.0/8 ',
    '*'.repeat(65),
  ])('refuses the list "%s"', (list) => {
    expect(addressPatternsProblem(list)).toMatch(/from=/);
    expect(matchesAddress(list, '10.0.0.1')).toBe(false);
  });

  it('takes 256 entries and not one more', () => {
    const entries = Array<string>(256).fill('10.0.0.1');
    expect(addressPatternsProblem(entries.join(','))).toBeUndefined();
    expect(addressPatternsProblem([...entries, '10.0.0.1'].join(','))).toMatch(/at most 256/);
  });

  const ipv6 = fc
    .ipV6()
    .filter((address) => !address.includes('.') && !/^[0:]+:ffff:/i.test(address));

  test.prop([
    fc.oneof(
      fc.ipV4().map((a) => [a, 32] as const),
      ipv6.map((a) => [a, 128] as const),
    ),
    fc.ipV4(),
    ipv6,
    fc.nat(128),
  ])('says of networks what node:net says', ([network, width], v4, v6, length) => {
    const prefix = length % (width + 1);
    const family = width === 32 ? 'ipv4' : 'ipv6';
    const list = `${network}/${prefix}`;
    fc.pre(addressPatternsProblem(list) === undefined);
    const reference = new BlockList();
    reference.addSubnet(network, prefix, family);
    for (const [address, kind] of [
      [v4, 'ipv4'],
      [v6, 'ipv6'],
      [network, family],
    ] as const) {
      if (kind !== family) continue;
      expect(matchesAddress(list, address)).toBe(reference.check(address, kind));
    }
  });

  const digits = (alphabet: string) =>
    fc.string({ unit: fc.constantFrom(...alphabet.split(',')), minLength: 1, maxLength: 8 });

  test.prop([digits('1,2,*,?'), fc.ipV4().map((address) => address.replaceAll(/[3-9]/g, '1'))])(
    'wildcards mean what they mean in a shell',
    (wildcard, address) => {
      const list = `*${wildcard}`;
      const expression = list.replaceAll('*', '.*').replaceAll('?', '.');
      expect(matchesAddress(list, address)).toBe(new RegExp(`^${expression}$`).test(address));
    },
  );

  test.prop([fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' })])(
    'never throws',
    (list, address) => {
      addressPatternsProblem(list);
      matchesAddress(list, address);
    },
  );
});
