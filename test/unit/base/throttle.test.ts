import { expect, test } from 'vitest';
import { type LeftOut, Throttle } from '../../../src/base/throttle.js';

function throttled(max: number) {
  let time = 1000;
  const written: LeftOut[] = [];
  const throttle = new Throttle({ max, windowMs: 60_000, now: () => time });
  return {
    written,
    pass: (ms: number) => (time += ms),
    write: (times: number) => {
      for (let left = times; left > 0; left -= 1) {
        throttle.write((leftOut) => written.push(leftOut));
      }
    },
  };
}

test('the first line is written at once, and the next of that minute is not', () => {
  const { write, written, pass } = throttled(1);
  write(1);
  expect(written).toEqual([{}]);
  pass(59_999);
  write(1);
  expect(written).toHaveLength(1);
});

test('the first line of the next minute says how many were left out', () => {
  const { write, written, pass } = throttled(1);
  write(1001);
  pass(60_000);
  write(3);
  pass(60_000);
  write(1);
  expect(written).toEqual([{}, { suppressed: 1000 }, { suppressed: 2 }]);
});

test('as many lines as the limit are written a minute, and not one more', () => {
  const { write, written, pass } = throttled(3);
  write(2);
  expect(written).toHaveLength(2);
  write(2);
  expect(written).toEqual([{}, {}, {}]);
  pass(60_000);
  write(4);
  expect(written.slice(3)).toEqual([{ suppressed: 1 }, {}, {}]);
});

test('a quiet time leaves no credit beyond one minute', () => {
  const { write, written, pass } = throttled(2);
  pass(3_600_000);
  write(5);
  expect(written).toHaveLength(2);
});
