import { expect, test } from 'vitest';
import { HeldOutput } from '../../../src/gateway/held-output.js';

const MEBIBYTE = 1024 * 1024;

test('output is held up to a quarter of a gibibyte and not a byte more, small answers always', () => {
  const held = new HeldOutput();
  expect(held.hold(256 * MEBIBYTE + 1)).toBeUndefined();
  const release = held.hold(255 * MEBIBYTE);
  expect(release).toBeDefined();
  expect(held.hold(MEBIBYTE + 1)).toBeUndefined();
  expect(held.hold(MEBIBYTE)).toBeDefined();
  expect(held.hold(64 * 1024 + 1)).toBeUndefined();
  expect(held.hold(64 * 1024)).toBeDefined();
});

test('what was read makes room, once', () => {
  const held = new HeldOutput();
  const releases = [held.hold(128 * MEBIBYTE), held.hold(128 * MEBIBYTE)];
  expect(held.hold(128 * MEBIBYTE)).toBeUndefined();
  releases[0]?.();
  releases[0]?.();
  expect(held.hold(128 * MEBIBYTE)).toBeDefined();
  expect(held.hold(128 * MEBIBYTE)).toBeUndefined();
});
