import { expect, test } from 'vitest';
import type { Part } from '../../../src/base/part.js';
import { type PartNews, PartWatch } from '../../../src/base/part-watch.js';
import { FakeClock } from '../../helpers/fake-clock.js';
import { quietLog } from '../../helpers/quiet-log.js';

/** A part that is gone, and can be made again or not. */
class GonePart implements Part {
  readonly name = 'socket';
  fault: string | undefined = 'was removed';
  attempts = 0;
  canBeMade = false;

  findFault(): string | undefined {
    return this.fault;
  }

  async makeAgain(): Promise<void> {
    this.attempts += 1;
    if (!this.canBeMade) throw new Error('no room');
    this.fault = undefined;
  }
}

function watched() {
  const clock = new FakeClock();
  const news: PartNews[] = [];
  const watch = new PartWatch({ clock, log: quietLog(), onNews: (each) => news.push(each) });
  const part = new GonePart();
  watch.add(part);
  const pass = async (seconds: number) => {
    for (let second = 0; second < seconds; second += 1) {
      clock.pass(1_000);
      for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
    }
  };
  return { clock, news, watch, part, pass };
}

test('a part that is gone is made again within a second, and that is told once', async () => {
  const { news, watch, part, pass } = watched();
  part.canBeMade = true;
  await pass(3);
  expect(part.attempts).toBe(1);
  const text = 'socket was removed, and was made again';
  expect(news).toEqual([{ part: 'socket', text, isFailure: false }]);
  expect(watch.problems).toEqual([]);
});

test('one that cannot be made is named with what to do, told once, and tried after pauses that grow to ten seconds', async () => {
  const { news, watch, part, pass } = watched();
  await pass(70);
  expect(part.attempts).toBeGreaterThan(6);
  expect(part.attempts).toBeLessThan(13);
  const text =
    'socket was removed, and cannot be made again: no room (put that right, it is tried again every 10 s)';
  expect(watch.problems).toEqual([text]);
  expect(news).toEqual([{ part: 'socket', text, isFailure: true }]);
  part.canBeMade = true;
  await pass(11);
  expect(watch.problems).toEqual([]);
  expect(news).toHaveLength(2);
});

test('parts that are taken away again and again are told of twenty times a minute', async () => {
  const { news, part, pass } = watched();
  part.canBeMade = true;
  for (let second = 0; second < 50; second += 1) {
    part.fault = 'was removed';
    await pass(1);
  }
  expect(part.attempts).toBe(50);
  expect(news).toHaveLength(20);
});
