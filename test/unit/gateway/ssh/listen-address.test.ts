import { describe, expect, test } from 'vitest';
import { UsageError } from '../../../../src/base/errors.js';
import {
  formatAddress,
  parseListenAddress,
  plainAddress,
} from '../../../../src/gateway/ssh/listen-address.js';

describe('a listen address', () => {
  test.each([
    ['127.0.0.1:2222', '127.0.0.1', 2222],
    ['localhost:0', 'localhost', 0],
    ['gate-1.example.org:65535', 'gate-1.example.org', 65_535],
    ['[::1]:2222', '::1', 2222],
    ['[::]:22', '::', 22],
    ['[fe80::1%eth0]:2222', 'fe80::1%eth0', 2222],
    ['*:2222', '*', 2222],
    [':2222', '*', 2222],
  ])('%s is host %s and port %i', (text, host, port) => {
    expect(parseListenAddress(text)).toEqual({ host, port });
  });

  test.each(['', '2222', 'host', 'host:', 'host:65536', 'host:-1', '::1:2222', '[::1]', 'a b:1'])(
    'is not %j',
    (text) => {
      expect(() => parseListenAddress(text)).toThrow(UsageError);
    },
  );

  test('that is wrong is quoted so that a terminal is safe', () => {
    expect(() => parseListenAddress('\x1b[2J')).toThrow('got \\x1b[2J');
  });

  test.each(['127.0.0.1:2222', '[::1]:2222', '*:2222'])('%s is printed as it is read', (text) => {
    expect(formatAddress(parseListenAddress(text))).toBe(text);
  });
});

describe('the address of a client', () => {
  test.each([
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['192.0.2.1', '192.0.2.1'],
    ['2001:db8::1', '2001:db8::1'],
    ['::ffff:c000:201', '::ffff:c000:201'],
  ])('%s is %s', (address, plain) => {
    expect(plainAddress(address)).toBe(plain);
  });
});
