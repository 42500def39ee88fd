import { fc, test as property } from '@fast-check/vitest';
import { describe, expect, test } from 'vitest';
import { LeavingKeys } from '../../../../src/gateway/attachments/leaving-keys.js';
import { ENDING, floods, harmlessInputs, LEAVING } from '../../../helpers/observer-inputs.js';

function leaves(bytes: Uint8Array): boolean {
  return new LeavingKeys(false).asksToLeave(bytes);
}

function leavesByteByByte(bytes: Uint8Array): boolean {
  const keys = new LeavingKeys(false);
  return [...bytes].some((byte) => keys.asksToLeave(Uint8Array.of(byte)));
}

describe('harmless input', () => {
  test.each(harmlessInputs())('$name stays, whole and byte by byte', ({ bytes }) => {
    expect(leaves(bytes)).toBe(false);
    expect(leavesByteByByte(bytes)).toBe(false);
  });

  test.each(floods())('$name stays', ({ bytes }) => {
    expect(leaves(bytes)).toBe(false);
  });

  test.each(harmlessInputs())('after $name, Ctrl-C leaves', ({ bytes }) => {
    expect(leaves(Buffer.concat([bytes, ENDING, Buffer.of(0x03)]))).toBe(true);
  });
});

describe('the keys that leave', () => {
  test.each(LEAVING)('$name, whole and byte by byte', ({ bytes }) => {
    expect(leaves(bytes)).toBe(true);
    expect(leavesByteByByte(bytes)).toBe(true);
  });

  test('a string that never ends holds keys back for 1024 bytes and no longer', () => {
    const body = Buffer.from(`\x1b]${'x'.repeat(1024)}`);
    expect(leaves(Buffer.concat([body, Buffer.from('q')]))).toBe(false);
    expect(leaves(Buffer.concat([body, Buffer.from('xq')]))).toBe(true);
  });

  test('Ctrl-C leaves out of the middle of a sequence or string', () => {
    for (const begun of ['\x1b[', '\x1b[1;', '\x1bO', '\x1b]10;', '\x1bP', '\x02']) {
      expect(leaves(Buffer.from(`${begun}\x03`)), JSON.stringify(begun)).toBe(true);
    }
  });
});

test('a driver leaves by Ctrl-B d and by nothing else', () => {
  const asks = (text: string) => new LeavingKeys(true).asksToLeave(Buffer.from(text));
  for (const text of ['\x02d', 'ab\x02d', '\x02\x02d', '\x1b\x02d']) {
    expect(asks(text), text).toBe(true);
  }
  for (const text of ['q', '\x03', '\x04', '\x02', 'd', '\x02xd', '\x02\x1bd']) {
    expect(asks(text), text).toBe(false);
  }
});

test.each([
  '\x1b[99;5u',
  '\x1b[27;5;99~',
  '\x1b[100;5u',
  '\x1b[113u',
  '\x1b[98;5ud',
  '\x1b[27;5;98~d',
])('an observer leaves by %j, a key as a terminal with extended keys sends it', (text) => {
  expect(leaves(Buffer.from(text))).toBe(true);
  expect(leavesByteByByte(Buffer.from(text))).toBe(true);
});

test('a driver without a view leaves by Ctrl-B d as extended keys, and not by a key that is let go', () => {
  const asks = (text: string) => new LeavingKeys(true).asksToLeave(Buffer.from(text));
  for (const text of ['\x1b[98;5ud', '\x1b[27;5;98~d', '\x1b[98;5:1u\x1b[100;1:1u']) {
    expect(asks(text), text).toBe(true);
  }
  expect(asks('\x1b[98;5:3u\x1b[100;1:1u')).toBe(false);
  expect(leaves(Buffer.from('\x1b[99;5:3u\x1b[113;3:3u'))).toBe(false);
});

property.prop([fc.uint8Array({ maxLength: 200 })])(
  'pieces of any size mean the same as the whole',
  (bytes) => {
    expect(leavesByteByByte(bytes)).toBe(leaves(bytes));
  },
);

property.prop([
  fc
    .uint8Array({ maxLength: 100 })
    .map((bytes) => bytes.filter((byte) => ![0x03, 0x04, 0x64, 0x71].includes(byte))),
])('nothing leaves but q, Ctrl-C, Ctrl-D and d', (bytes) => {
  expect(leaves(bytes)).toBe(false);
});
