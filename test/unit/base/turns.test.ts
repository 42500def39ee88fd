import { expect, test, vi } from 'vitest';
import { BusyError } from '../../../src/base/errors.js';
import { Turns } from '../../../src/base/turns.js';

/** Work that ends when it is told to. */
function openWork() {
  const finishers: (() => void)[] = [];
  const started: number[] = [];
  const work = (id: number) => () => {
    started.push(id);
    return new Promise<number>((resolve) => finishers.push(() => resolve(id)));
  };
  return { work, started, finish: () => finishers.shift()?.() };
}

function turnsOf(maxAtOnce: number, maxWaiting: number) {
  const refused = vi.fn();
  return { turns: new Turns({ maxAtOnce, maxWaiting, onRefused: refused }), refused };
}

test('so much runs at once, the rest in its turn', async () => {
  const { turns } = turnsOf(2, 2);
  const { work, started, finish } = openWork();
  const all = [1, 2, 3, 4].map((id) => turns.take(work(id)));
  expect(started).toEqual([1, 2]);
  finish();
  await all[0];
  await Promise.resolve();
  expect(started).toEqual([1, 2, 3]);
  finish();
  await all[1];
  finish();
  expect(await all[2]).toBe(3);
  finish();
  expect(await Promise.all(all)).toEqual([1, 2, 3, 4]);
});

test('what comes when too much waits is refused and counted, and the others go on', async () => {
  const { turns, refused } = turnsOf(1, 2);
  const { work, finish } = openWork();
  const all = [1, 2, 3].map((id) => turns.take(work(id)));
  expect(refused).not.toHaveBeenCalled();
  await expect(turns.take(work(4))).rejects.toThrow(BusyError);
  expect(refused).toHaveBeenCalledOnce();
  for (const each of all) {
    finish();
    await each;
    await Promise.resolve();
  }
  const later = turns.take(work(5));
  finish();
  expect(await later).toBe(5);
});

test('work that fails gives its turn up', async () => {
  const { turns } = turnsOf(1, 1);
  await expect(turns.take(() => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
  expect(await turns.take(() => Promise.resolve('next'))).toBe('next');
});

test('work runs a few at a time, and owners take turns, also after a failure', async () => {
  const turns = new Turns({ maxAtOnce: 2, maxWaiting: 8 });
  const begun: string[] = [];
  let atOnce = 0;
  const work = (owner: string) =>
    turns.take(async () => {
      begun.push(owner);
      atOnce += 1;
      expect(atOnce).toBeLessThanOrEqual(2);
      await new Promise(setImmediate);
      atOnce -= 1;
      if (begun.length === 3) throw new Error('failed');
    }, owner);
  const works = ['olga', 'olga', 'olga', 'olga', 'otto'].map(work);
  const outcomes = await Promise.allSettled(works);
  expect(begun).toEqual(['olga', 'olga', 'olga', 'otto', 'olga']);
  expect(outcomes.filter(({ status }) => status === 'rejected').length).toBeGreaterThan(0);
  await work('otto').catch(() => undefined);
  expect(begun).toHaveLength(6);
});
