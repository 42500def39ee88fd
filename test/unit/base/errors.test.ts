import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { messageOf } from '../../../src/base/errors.js';

function thrownBy(act: () => unknown): unknown {
  try {
    return act();
  } catch (error) {
    return error;
  }
}

test('an error of the system is told in words, with its code, and without the call', () => {
  const missing = thrownBy(() => readFileSync("/no, such 'file'"));
  expect(messageOf(missing)).toBe('no such file or directory (ENOENT)');
  expect(messageOf(new Error("EACCES: permission denied, '/x'"))).toBe(
    'permission denied (EACCES)',
  );
  expect(messageOf(thrownBy(() => readFileSync('/')))).toBe('is a directory (EISDIR)');
});

test('what else was thrown is told as it is', () => {
  expect(messageOf(new Error('EVERYTHING: is wrong, they say'))).toBe(
    'EVERYTHING: is wrong, they say',
  );
  expect(messageOf('a text')).toBe('a text');
});
