import { expect, test } from 'vitest';
import { paneName } from '../../../../src/base/ids.js';
import { compilePattern } from '../../../../src/base/pattern.js';
import { AwaitedLines } from '../../../../src/host/triad/awaited-lines.js';
import { FakeClock } from '../../../helpers/fake-clock.js';
import { FakeOutput } from '../../../helpers/fake-output.js';
import { planOf } from '../../../helpers/session-plan.js';

const ENGINE = paneName('engine');

function awaited() {
  const command = ['cat'];
  const worker = { name: 'worker', command, dependsOn: { engine: 'log:/ready/' } };
  const { panes } = planOf({ panes: [{ name: 'engine', command }, worker] }, '/');
  const output = new FakeOutput(new FakeClock());
  const missed: string[] = [];
  const lines = new AwaitedLines({
    output: () => output,
    onSeen: () => undefined,
    onMissed: (pane, bytes) => missed.push(`${pane} ${bytes}`),
  });
  lines.setPlan(panes);
  const pattern = compilePattern('ready');
  if ('problem' in pattern) throw new Error(pattern.problem);
  const hasSeen = () => lines.hasSeen({ on: ENGINE, until: { kind: 'log', pattern } });
  return { lines, output, missed, hasSeen };
}

test('output that was not looked at is told once in each run, while a line is waited for', () => {
  const { lines, output, missed, hasSeen } = awaited();
  output.miss(10);
  output.miss(20);
  expect([missed, hasSeen()]).toEqual([['engine 10'], false]);
  lines.startsAnew(ENGINE);
  output.write('ready\n');
  output.miss(30);
  expect([missed.length, hasSeen()]).toEqual([1, true]);
  lines.startsAnew(ENGINE);
  output.miss(40);
  expect([missed, hasSeen()]).toEqual([['engine 10', 'engine 40'], false]);
});

test('a line that was printed before the output was read counts until the next start', () => {
  const { lines, output, hasSeen } = awaited();
  output.past = ['ready at last'];
  lines.recall(ENGINE);
  expect(hasSeen()).toBe(true);
  lines.startsAnew(ENGINE);
  expect(hasSeen()).toBe(false);
});
