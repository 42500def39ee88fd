import { expect, test } from 'vitest';
import { type Machine, RunningClock } from '../../../src/base/clock.js';
import { FakeClock } from '../../helpers/fake-clock.js';

/** A machine whose process may be stopped: its time goes on, and what is due meanwhile is called afterwards. */
class FakeMachine extends FakeClock implements Machine {
  #wakesAt = 0;

  override elapsed(): number {
    return Math.max(super.elapsed(), this.#wakesAt);
  }

  every(intervalMs: number, work: () => void): void {
    this.after(intervalMs, () => {
      work();
      this.every(intervalMs, work);
    });
  }

  stop(ms: number): void {
    this.#wakesAt = this.elapsed() + ms;
    this.pass(ms);
  }
}

function open() {
  const machine = new FakeMachine();
  const clock = new RunningClock(machine);
  const seen: string[] = [];
  clock.elapsed();
  return { machine, clock, seen };
}

test('while the process runs time is what the machine says', async () => {
  const { machine, clock, seen } = open();
  const before = clock.elapsed();
  clock.after(10_000, () => seen.push('due'));
  await machine.passWith(9_999);
  expect(seen).toEqual([]);
  await machine.passWith(2);
  expect(seen).toEqual(['due']);
  expect(clock.elapsed() - before).toBe(10_001);
});

test('of the time in which the process was stopped half a second counts', async () => {
  const { machine, clock, seen } = open();
  const before = clock.elapsed();
  clock.after(10_000, () => seen.push('due'));
  await machine.passWith(5_000);
  machine.stop(15_000);
  expect(clock.elapsed() - before).toBe(5_500);
  await machine.passWith(4_400);
  expect(seen).toEqual([]);
  await machine.passWith(200);
  expect(seen).toEqual(['due']);
});

test('what was due when the process woke is judged a second later, after what waited was read', async () => {
  const { machine, clock, seen } = open();
  clock.after(10_000, () => seen.push('due'));
  await machine.passWith(9_900);
  machine.stop(15_000);
  await machine.passWith(200);
  seen.push('read');
  await machine.passWith(700);
  expect(seen).toEqual(['read']);
  await machine.passWith(300);
  expect(seen).toEqual(['read', 'due']);
});

test('a timer is called after what is read in the same turn', async () => {
  const { machine, clock, seen } = open();
  clock.after(100, () => seen.push('due'));
  machine.pass(100);
  seen.push('read');
  await machine.passWith(0);
  await machine.passWith(0);
  expect(seen).toEqual(['read', 'due']);
});

test.each([0, 100])(
  'a timer that is taken back %s ms after it was made is not called',
  async (ms) => {
    const { machine, clock, seen } = open();
    const takeBack = clock.after(100, () => seen.push('due'));
    machine.pass(ms);
    takeBack();
    await machine.passWith(1_000);
    expect(seen).toEqual([]);
  },
);
