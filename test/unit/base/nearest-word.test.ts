import { expect, test } from 'vitest';
import { findNearestWord } from '../../../src/base/nearest-word.js';

const VERBS = ['status', 'start', 'stop', 'restart', 'send', 'logs'] as const;

test.each([
  ['stauts', 'status'],
  ['STATUS', 'status'],
  ['resart', 'restart'],
  ['sned', 'send'],
  ['log', 'logs'],
])('%s was meant to be %s', (typed, meant) => {
  expect(findNearestWord(typed, VERBS)).toBe(meant);
});

test.each(['', 'up', 'frobnicate', 's'.repeat(100_000)])('%s is near to none', (typed) => {
  expect(findNearestWord(typed, VERBS)).toBeUndefined();
});
