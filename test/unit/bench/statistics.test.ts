import { expect, test } from 'vitest';
import { median, quantile, quantileOf, scaled, spreadOf } from '../../../bench/statistics.mjs';

test('a median of an even number of values lies between the middle two', () => {
  expect(median([4, 1, 3, 2])).toBe(2.5);
});

test('a quantile is interpolated, and its ends are the extremes', () => {
  const values = [50, 10, 30, 20, 40];
  expect([0, 0.25, 0.9, 1].map((share) => quantile(values, share))).toEqual([10, 20, 46, 50]);
});

test('a quantile of nothing is refused', () => {
  expect(() => median([])).toThrow(RangeError);
});

test('the value of several rounds is their median, with the lowest and the highest', () => {
  expect(spreadOf([7, 1, 3])).toEqual({ value: 3, low: 1, high: 7 });
});

test('a quantile of rounds is taken in each round, and empty rounds do not count', () => {
  const rounds = [[1, 2, 3], [], [11, 12, 13], [5]];
  expect(quantileOf(rounds, 0.5)).toEqual({ value: 5, low: 2, high: 12 });
});

test('a scaled spread keeps its proportions', () => {
  expect(scaled({ value: 2, low: 1, high: 4 }, 10)).toEqual({ value: 20, low: 10, high: 40 });
});
