import { expect, test } from 'vitest';
import { hangsOnBorderStatus, isFrom, limitsOf } from '../../../../src/host/tmux/tmux-limits.js';

test.each([
  ['3.3a', false],
  ['3.6b', false],
  ['3.7', true],
  ['3.7a', true],
  ['3.7c', true],
  ['3.7d', false],
  ['3.8', false],
  ['next-3.8', false],
  ['master', false],
])(
  'whether %s hangs on a status of pane borders: %s, and says what is missing then',
  (version, hangs) => {
    expect(hangsOnBorderStatus(version)).toBe(hangs);
    expect(limitsOf(version)).toHaveLength(hangs ? 1 : 0);
  },
);

test.each([
  ['3.3a', false],
  ['3.4', true],
  ['3.10', true],
  ['4.0', true],
  ['next-3.8', true],
  ['openbsd-7.8', true],
])('whether %s is 3.4 or later: %s', (version, expected) => {
  expect(isFrom(version, 3, 4)).toBe(expected);
});
