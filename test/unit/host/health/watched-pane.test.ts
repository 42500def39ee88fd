import { expect, test } from 'vitest';
import { paneName } from '../../../../src/base/ids.js';
import { compilePattern, type Pattern } from '../../../../src/base/pattern.js';
import type { HealthPlan, InputPlan, ProbePlan } from '../../../../src/host/health/health-plan.js';
import { createPaneHealth, type HealthChange } from '../../../../src/host/health/pane-health.js';
import { FakeClock } from '../../../helpers/fake-clock.js';
import { FakeOutput } from '../../../helpers/fake-output.js';
import { quietLog } from '../../../helpers/quiet-log.js';

const TIMING = { delayMs: 0, intervalMs: 1000, timeoutMs: 500, failures: 1, successes: 1 };
const FRESH = { pid: 1, ageMs: 0, wasReady: false };

function patternOf(source: string): Pattern {
  const compiled = compilePattern(source);
  if ('problem' in compiled) throw new Error(compiled.problem);
  return compiled;
}

function watched(plan: Partial<HealthPlan>) {
  const clock = new FakeClock();
  const output = new FakeOutput(clock);
  const told: HealthChange[] = [];
  const health = createPaneHealth({
    ...{ pane: paneName('worker'), cwd: '/', env: {}, output, clock, log: quietLog() },
    plan: { ready: undefined, live: undefined, input: undefined, ...plan },
    onChange: (change) => told.push(change),
  });
  return { clock, output, told, health, kinds: () => told.map(({ kind }) => kind) };
}

const LOG: ProbePlan = { check: { kind: 'log', pattern: patternOf('listening') }, ...TIMING };
const SILENCE: ProbePlan = { check: { kind: 'silence', limitMs: 60_000 }, ...TIMING };
const INPUT: InputPlan = {
  patterns: [patternOf(String.raw`\[y/n\] $`)],
  ...{ silenceMs: 3000, watchesReads: false },
};

test('a log probe is met by a line of this run, once', () => {
  const { output, told, health } = watched({ ready: LOG });
  health.begin(FRESH);
  output.write('starting\nlisten');
  expect(told).toEqual([]);
  output.write('ing\nlistening\n');
  expect(told).toEqual([{ kind: 'ready', reason: 'a line matched listening' }]);
});

test('a line that came shortly before the word of the start counts for the run', async () => {
  const { clock, output, kinds, health } = watched({ ready: LOG });
  output.write('listening\n');
  await clock.passWith(900);
  health.begin(FRESH);
  expect(kinds()).toEqual(['ready']);
});

test('a line that stood in the pane before its output was read counts for the run that was found', () => {
  const { output, kinds, health } = watched({ ready: LOG });
  output.past = ['starting', 'listening'];
  health.begin({ ...FRESH, ageMs: 60_000 });
  expect(kinds()).toEqual(['ready']);
  output.write('listening\n');
  expect(kinds()).toEqual(['ready']);
});

test('a line of the run before does not count for the next', async () => {
  const { clock, output, kinds, health } = watched({ ready: LOG });
  health.begin(FRESH);
  output.write('listening\n');
  health.end();
  health.begin(FRESH);
  expect(kinds()).toEqual(['ready']);
  health.end();
  output.write('listening\n');
  await clock.passWith(1001);
  health.begin(FRESH);
  expect(kinds()).toEqual(['ready']);
});

test('an adopted run that was ready is not told of as ready again', () => {
  const { output, told, health } = watched({ ready: LOG });
  health.begin({ pid: 1, ageMs: 5000, wasReady: true });
  output.write('listening\n');
  expect(told).toEqual([]);
});

test('silence counts from the start of a run that says nothing', async () => {
  const { clock, told, health } = watched({ live: SILENCE });
  await clock.passWith(100_000);
  health.begin(FRESH);
  await clock.passWith(59_999);
  expect(told).toEqual([]);
  await clock.passWith(1);
  expect(told).toEqual([{ kind: 'dead', reason: 'put out nothing for 60 s' }]);
});

test('each output puts silence off, and death is told once', async () => {
  const { clock, output, kinds, health } = watched({ live: SILENCE });
  health.begin(FRESH);
  await clock.passWith(50_000);
  output.write('.');
  clock.jump(86_400_000);
  await clock.passWith(59_999);
  expect(kinds()).toEqual([]);
  await clock.passWith(1);
  output.write('.');
  await clock.passWith(200_000);
  expect(kinds()).toEqual(['dead']);
});

test('a silence of longer than a timer can wait is waited for in parts', async () => {
  const check = { kind: 'silence', limitMs: 30 * 86_400_000 } as const;
  const { clock, kinds, health } = watched({ live: { check, ...TIMING } });
  health.begin(FRESH);
  await clock.passWith(30 * 86_400_000 - 1);
  expect(kinds()).toEqual([]);
  await clock.passWith(1);
  expect(kinds()).toEqual(['dead']);
});

test('a question is told once, and taken back by new output', async () => {
  const { clock, output, told, kinds, health } = watched({ input: INPUT });
  health.begin(FRESH);
  output.write('x\n  go on? \u0007[y/n] ');
  await clock.passWith(2999);
  expect(told).toEqual([]);
  await clock.passWith(60_000);
  expect(told).toEqual([{ kind: 'asks', question: String.raw`go on? \x07[y/n]` }]);
  output.write('y');
  expect(kinds()).toEqual(['asks', 'asks-no-more']);
  output.write('\nanother [y/n] ');
  await clock.passWith(3000);
  expect(kinds()).toEqual(['asks', 'asks-no-more', 'asks']);
});

test('the end of the run takes its question back', async () => {
  const { clock, output, kinds, health } = watched({ input: INPUT });
  health.begin(FRESH);
  output.write('[y/n] ');
  await clock.passWith(3000);
  health.end();
  health.end();
  expect(kinds()).toEqual(['asks', 'asks-no-more']);
});

test('a question stays short however long its line is', async () => {
  const { clock, output, told, health } = watched({ input: INPUT });
  health.begin(FRESH);
  output.write(`${'q'.repeat(4000)} [y/n] `);
  await clock.passWith(3000);
  expect(told).toEqual([{ kind: 'asks', question: `${'q'.repeat(256)}…` }]);
});

test('after the end of a run and after the close nothing waits or listens', async () => {
  const { clock, output, told, health } = watched({ ready: LOG, live: SILENCE, input: INPUT });
  health.begin(FRESH);
  health.end();
  expect(clock.pending).toBe(0);
  health.begin(FRESH);
  health.close();
  health.close();
  health.begin(FRESH);
  output.write('listening\n[y/n] ');
  await clock.passWith(200_000);
  expect([clock.pending, output.listeners, told]).toEqual([0, 0, []]);
});
