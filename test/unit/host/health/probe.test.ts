import { expect, test } from 'vitest';
import type { AttemptResult } from '../../../../src/host/health/attempt.js';
import type { ProbePlan } from '../../../../src/host/health/health-plan.js';
import { Probe } from '../../../../src/host/health/probe.js';
import { FakeClock } from '../../../helpers/fake-clock.js';

const PLAN: ProbePlan = {
  check: { kind: 'tcp', host: '127.0.0.1', port: 1 },
  ...{ delayMs: 500, intervalMs: 1000, timeoutMs: 200, failures: 2, successes: 2 },
};

/** A probe whose attempts give `results` one after the other, and then hang. */
function probed(
  results: readonly (boolean | null)[],
  options: { isMet?: boolean; ageMs?: number } = {},
) {
  const clock = new FakeClock();
  const told: string[] = [];
  const attempts: AbortSignal[] = [];
  const probe = new Probe({
    ...{ plan: PLAN, clock, ageMs: options.ageMs ?? 0, isMet: options.isMet ?? false },
    attempt: (signal) => {
      attempts.push(signal);
      const isOk = results[attempts.length - 1];
      if (isOk === undefined) return new Promise<AttemptResult>(() => undefined);
      return Promise.resolve({ isOk, reason: isOk ? 'fine' : 'bad' });
    },
    onMet: (reason) => told.push(`met: ${reason}`),
    onFailed: (reason) => told.push(`failed: ${reason}`),
  });
  return { clock, told, attempts, probe };
}

test('the first attempt waits for the delay, counted from the start of the command', async () => {
  const fresh = probed([true]);
  await fresh.clock.passWith(499);
  expect(fresh.attempts).toHaveLength(0);
  await fresh.clock.passWith(1);
  expect(fresh.attempts).toHaveLength(1);
  const adopted = probed([true], { ageMs: 400 });
  await adopted.clock.passWith(100);
  expect(adopted.attempts).toHaveLength(1);
});

test('it is met after so many successes in a row, and no attempt sooner', async () => {
  const { clock, told } = probed([true, false, true, true]);
  await clock.passWith(2500);
  expect(told).toEqual([]);
  await clock.passWith(1000);
  expect(told).toEqual(['met: fine, 2 times in a row']);
});

test('once met it has failed after so many failures in a row, and is met again after', async () => {
  const { clock, told } = probed([false, true, false, false, false, true, true], { isMet: true });
  await clock.passWith(7000);
  expect(told).toEqual(['failed: bad, 2 times in a row', 'met: fine, 2 times in a row']);
});

test('an attempt that the machine had nothing left for says nothing, however often', async () => {
  const well = probed([true, null, null, null, null, false, null, false], { isMet: true });
  await well.clock.passWith(7000);
  expect(well.told).toEqual([]);
  await well.clock.passWith(1000);
  expect(well.told).toEqual(['failed: bad, 2 times in a row']);
  const ill = probed([null, null, null]);
  await ill.clock.passWith(4000);
  expect(ill.told).toEqual([]);
});

test('an attempt that hangs has failed at its timeout, and holds up nothing', async () => {
  const { clock, told, attempts } = probed([], { isMet: true });
  await clock.passWith(500 + 200 + 1000 + 200);
  expect(told).toEqual(['failed: waited 200 ms for the tcp probe, 2 times in a row']);
  expect(attempts.map(({ aborted }) => aborted)).toEqual([true, true]);
});

test('there is never more than one attempt at a time', async () => {
  const { clock, attempts } = probed([]);
  await clock.passWith(20_000);
  expect(attempts.filter(({ aborted }) => !aborted).length).toBeLessThanOrEqual(1);
  expect(attempts.length).toBeGreaterThan(10);
});

test('nothing goes on after it was closed in the middle of an attempt', async () => {
  const { clock, told, attempts, probe } = probed([]);
  await clock.passWith(550);
  probe.close();
  probe.close();
  expect(attempts.map(({ aborted }) => aborted)).toEqual([true]);
  await clock.passWith(60_000);
  expect([told, attempts.length, clock.pending]).toEqual([[], 1, 0]);
});

test('nothing goes on after it was closed between two attempts', async () => {
  const { clock, attempts, probe } = probed([true, true]);
  await clock.passWith(600);
  probe.close();
  expect(clock.pending).toBe(0);
  await clock.passWith(60_000);
  expect(attempts).toHaveLength(1);
});

test('a wall clock that jumps changes nothing', async () => {
  const { clock, attempts } = probed([true, true, true]);
  await clock.passWith(400);
  clock.jump(3_600_000);
  await clock.passWith(50);
  expect(attempts).toHaveLength(0);
  clock.jump(-7_200_000);
  await clock.passWith(50 + 1000);
  expect(attempts).toHaveLength(2);
});
