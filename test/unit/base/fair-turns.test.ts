import { expect, test } from 'vitest';
import { FairTurns } from '../../../src/base/fair-turns.js';

test('work runs a few at a time, and owners take turns, also after a failure', async () => {
  const turns = new FairTurns(2);
  const begun: string[] = [];
  let atOnce = 0;
  const work = (owner: string) =>
    turns.take(owner, async () => {
      begun.push(owner);
      atOnce += 1;
      expect(atOnce).toBeLessThanOrEqual(2);
      await new Promise(setImmediate);
      atOnce -= 1;
      if (begun.length === 3) throw new Error('failed');
    });
  const works = ['olga', 'olga', 'olga', 'olga', 'otto'].map(work);
  const outcomes = await Promise.allSettled(works);
  expect(begun).toEqual(['olga', 'olga', 'olga', 'otto', 'olga']);
  expect(outcomes.filter(({ status }) => status === 'rejected').length).toBeGreaterThan(0);
  await work('otto').catch(() => undefined);
  expect(begun).toHaveLength(6);
});
