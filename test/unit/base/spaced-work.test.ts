import { expect, test } from 'vitest';
import { SpacedWork } from '../../../src/base/spaced-work.js';
import { FakeClock } from '../../helpers/fake-clock.js';

/** Lets what was awaited go on. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

test('what is asked for while it runs or rests is done once afterwards', async () => {
  const clock = new FakeClock();
  let runs = 0;
  const work = () => {
    runs += 1;
    return Promise.resolve();
  };
  const spaced = new SpacedWork({ pauseMs: 5_000, work, clock });
  for (let each = 0; each < 1_000; each += 1) spaced.ask();
  await settle();
  expect(runs).toBe(1);
  clock.jump(3_600_000);
  clock.pass(4_999);
  expect(runs).toBe(1);
  clock.pass(1);
  expect(runs).toBe(2);
  await settle();
  clock.pass(5_000);
  expect(runs).toBe(2);
  spaced.ask();
  expect(runs).toBe(3);
});

test('after its end nothing is begun and no timer is left', async () => {
  const clock = new FakeClock();
  let runs = 0;
  const work = () => {
    runs += 1;
    return Promise.resolve();
  };
  const spaced = new SpacedWork({ pauseMs: 10, work, clock });
  spaced.ask();
  await settle();
  spaced.ask();
  spaced.close();
  clock.pass(100);
  spaced.ask();
  expect([runs, clock.pending]).toEqual([1, 0]);
});
