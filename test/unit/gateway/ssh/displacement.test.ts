import { fc, test as property } from '@fast-check/vitest';
import { describe, expect, test } from 'vitest';
import {
  findDisplaced,
  type Progress,
  type Startup,
} from '../../../../src/gateway/ssh/displacement.js';

const NOW = 1_000_000;

/** A startup that has been where it is for `ageMs`. */
function at(source: string, progress: Progress, ageMs = 0): Startup {
  return { source, progress, since: NOW - ageMs };
}

/** The index of the one that gives way to a newcomer. */
function displaced(startups: readonly Startup[], source = 'newcomer'): number {
  const countOf = (of: string): number => startups.filter((each) => each.source === of).length;
  const found = findDisplaced(startups, { source, now: NOW, countOf });
  return found === undefined ? -1 : startups.indexOf(found);
}

describe('a newcomer gets the place', () => {
  test('of whoever came first, among those who are silent', () => {
    expect(displaced([at('a', 'silent'), at('a', 'silent', 5000)])).toBe(0);
  });

  test('of who came least far', () => {
    const startups = [at('a', 'asking', 60_000), at('a', 'exchanging', 60_000), at('a', 'silent')];
    expect(displaced(startups)).toBe(2);
    expect(displaced(startups.slice(0, 2))).toBe(1);
  });

  test('of the source with the most, though others came less far', () => {
    const startups = [at('a', 'silent', 9000), at('b', 'exchanging', 2000), at('b', 'asking')];
    expect(displaced(startups)).toBe(1);
  });

  test('of its own source, where that has as many as the others', () => {
    expect(displaced([at('a', 'silent'), at('b', 'silent')], 'b')).toBe(1);
    expect(displaced([at('a', 'silent'), at('a', 'silent'), at('b', 'silent')], 'b')).toBe(2);
  });

  test.each([
    ['exchanging', 2000],
    ['asking', 30_000],
  ] as const)('of one that is %s only %d ms after that began', (progress, patienceMs) => {
    expect(displaced([at('a', progress, patienceMs - 1)])).toBe(-1);
    expect(displaced([at('a', progress, patienceMs)])).toBe(0);
  });

  test('of one that goes on, where its source has two more than the newcomer would', () => {
    const crowd = ['a', 'a', 'a'].map((source) => at(source, 'asking'));
    expect(displaced(crowd, 'newcomer')).toBe(0);
    expect(displaced([...crowd, at('b', 'asking')], 'b')).toBe(0);
    expect(displaced([...crowd, at('b', 'asking'), at('b', 'asking')], 'b')).toBe(-1);
    expect(displaced(crowd, 'a')).toBe(-1);
  });
});

test('nobody gives way where nobody is', () => {
  expect(displaced([])).toBe(-1);
});

const startup = fc.record({
  source: fc.constantFrom('a', 'b', 'c', 'd'),
  progress: fc.constantFrom<Progress>('silent', 'exchanging', 'asking'),
  since: fc.integer({ min: NOW - 60_000, max: NOW }),
});

property.prop([fc.array(startup, { minLength: 1, maxLength: 40 }), fc.constantFrom('a', 'new')])(
  'a source that fills everything shuts out only itself, and who goes on there loses nothing to it',
  (startups, source) => {
    const countOf = (of: string): number => startups.filter((each) => each.source === of).length;
    const found = startups[displaced(startups, source)];
    const most = Math.max(...startups.map((each) => countOf(each.source)));
    if (most > countOf(source) + 1) expect(found).toBeDefined();
    if (startups.some(({ progress }) => progress === 'silent')) expect(found).toBeDefined();
    const isProtected =
      found !== undefined && found.progress === 'asking' && found.since > NOW - 30_000;
    if (isProtected) expect(countOf(found.source)).toBeGreaterThan(countOf(source) + 1);
  },
);
