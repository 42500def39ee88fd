import { expect, test } from 'vitest';
import { HeldOutput } from '../../../../src/gateway/ssh/paced-output.js';

const MEBIBYTE = 1024 * 1024;

test('one engineer holds 64 MiB and not a byte more, and all of them 256', () => {
  const held = new HeldOutput();
  expect(held.hold('ada', 64 * MEBIBYTE + 1)).toBeUndefined();
  for (const engineer of ['ada', 'dora', 'dirk']) {
    expect(held.hold(engineer, 64 * MEBIBYTE)).toBeDefined();
    expect(held.hold(engineer, 1)).toBeUndefined();
  }
  expect(held.hold('olga', 63 * MEBIBYTE)).toBeDefined();
  expect(held.hold('otto', MEBIBYTE + 1)).toBeUndefined();
  expect(held.hold('otto', MEBIBYTE)).toBeDefined();
  expect(held.hold('nina', 1)).toBeUndefined();
});

test('what was read makes room, once', () => {
  const held = new HeldOutput();
  const releases = [held.hold('ada', 32 * MEBIBYTE), held.hold('ada', 32 * MEBIBYTE)];
  expect(held.hold('ada', 32 * MEBIBYTE)).toBeUndefined();
  releases[0]?.();
  releases[0]?.();
  expect(held.hold('ada', 32 * MEBIBYTE)).toBeDefined();
  expect(held.hold('ada', 1)).toBeUndefined();
});
