import { expect, test } from 'vitest';
import { isRepaintDue } from '../../../../src/host/session/mirror-feed.js';

test.each([
  ['nothing was written since', { activeAt: 99, repaintedAtMs: 100_500, nowMs: 200_000 }, false],
  [
    'it was written in the same second',
    { activeAt: 100, repaintedAtMs: 100_500, nowMs: 103_500 },
    true,
  ],
  ['it was written later', { activeAt: 101, repaintedAtMs: 100_500, nowMs: 104_000 }, true],
  ['the last one was just now', { activeAt: 103, repaintedAtMs: 100_500, nowMs: 103_499 }, false],
])('where %s', (_when, times, isDue) => {
  expect(isRepaintDue(times)).toBe(isDue);
});
