import { expect, test } from 'vitest';
import { BusyError } from '../../../src/base/errors.js';
import { LoopShare, type Steps } from '../../../src/base/loop-share.js';

/** A clock that goes on as steps are done. */
class Loop {
  nowMs = 0;
  readonly share = new LoopShare(() => this.nowMs);

  /** So many steps that take some time each. */
  steps(owner: string, count: number, costMs: number): Steps & { done: number } {
    const steps = {
      ...{ owner, done: 0 },
      run: (mayGoOn: () => boolean): boolean => {
        while (steps.done < count) {
          steps.done += 1;
          this.nowMs += costMs;
          if (!mayGoOn()) break;
        }
        return steps.done === count;
      },
    };
    return steps;
  }

  turn(): Promise<void> {
    return new Promise((resolve) => {
      setImmediate(resolve);
    });
  }
}

test('the steps of all together take a millisecond of a turn, and the rest their turns later', async () => {
  const loop = new Loop();
  const first = loop.steps('olga', 10, 0.25);
  const second = loop.steps('otto', 6, 0.25);
  expect(loop.share.take(first)).toBe(false);
  expect(loop.share.take(second)).toBe(false);
  expect([first.done, second.done]).toEqual([4, 0]);
  await loop.turn();
  await loop.turn();
  expect([first.done, second.done]).toEqual([8, 4]);
  await loop.turn();
  await loop.turn();
  expect([first.done, second.done]).toEqual([10, 6]);
});

test('ten channels of one engineer have what one channel of another has', async () => {
  const loop = new Loop();
  const many = Array.from({ length: 10 }, () => loop.steps('olga', 100, 1));
  const one = loop.steps('otto', 100, 1);
  for (const steps of [...many, one]) loop.share.add(steps);
  for (let turn = 0; turn < 20; turn += 1) await loop.turn();
  expect(one.done).toBe(10);
  expect(many.map(({ done }) => done)).toEqual(Array.from({ length: 10 }, () => 1));
});

test('a step that costs little is done at once, and one at a time however much it costs', async () => {
  const loop = new Loop();
  expect(loop.share.take(loop.steps('olga', 1, 0.01))).toBe(true);
  await loop.turn();
  const costly = loop.steps('olga', 3, 50);
  expect(loop.share.take(costly)).toBe(false);
  expect(costly.done).toBe(1);
  await loop.turn();
  expect(costly.done).toBe(2);
});

test('steps of whoever has gone are done no more', async () => {
  const loop = new Loop();
  const gone = loop.steps('olga', 3, 5);
  loop.share.take(gone);
  loop.share.remove(gone);
  await loop.turn();
  expect(gone.done).toBe(1);
});

test('work has one slice in a turn, whoever’s it is, and owners take turns', async () => {
  const loop = new Loop();
  const order: string[] = [];
  const slices: number[] = [];
  const work = async (owner: string, count: number) => {
    const mine = loop.share.open(owner);
    for (let slice = 0; slice < count; slice += 1) {
      await mine.next();
      expect(mine.isOver).toBe(false);
      order.push(owner);
      slices.push(loop.share.turns);
      loop.nowMs += 1;
      expect(mine.isOver).toBe(true);
    }
    mine.close();
  };
  await Promise.all([work('olga', 3), work('olga', 3), work('otto', 2)]);
  expect(order.slice(0, 4)).toEqual(['olga', 'otto', 'olga', 'otto']);
  expect(new Set(slices).size).toBe(slices.length);
});

test('an engineer has 128 pieces of work under way, and the 129th is refused until one ends', () => {
  const { share } = new Loop();
  const works = Array.from({ length: 128 }, () => share.open('olga'));
  expect(() => share.open('olga')).toThrow(BusyError);
  share.open('otto').close();
  works[0]?.close();
  works[0]?.close();
  works.push(share.open('olga'));
  expect(() => share.open('olga')).toThrow(BusyError);
  expect(share.refused).toBe(2);
});

test('all together have 1,024 pieces of work under way', () => {
  const { share } = new Loop();
  for (let count = 0; count < 1024; count += 1) share.open(`engineer ${count % 16}`);
  expect(() => share.open('another')).toThrow(BusyError);
});

test('work that fails is under way no more', async () => {
  const { share } = new Loop();
  for (let count = 0; count < 130; count += 1) {
    const failed = share.during('olga', () => Promise.reject(new Error('a bug')));
    await expect(failed).rejects.toThrow('a bug');
  }
});
