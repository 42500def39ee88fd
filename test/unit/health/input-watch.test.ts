import { expect, test } from 'vitest';
import { InputWatch } from '../../../src/health/input-watch.js';
import { FakeClock } from '../../helpers/fake-clock.js';
import { FakeOutput } from '../../helpers/fake-output.js';

const MINUTE_MS = 60_000;

/** A shell prompt of a command that does not read its terminal. */
function prompt() {
  const clock = new FakeClock();
  const output = new FakeOutput(clock);
  const seen = { looks: 0, questions: [] as string[], isReading: false };
  const watch = new InputWatch({
    ...{ clock, output, plan: { patterns: [], silenceMs: 3_000, watchesReads: true } },
    isReading: () => {
      seen.looks += 1;
      return Promise.resolve(seen.isReading);
    },
    onQuestion: (question) => seen.questions.push(question),
    onAnswer: () => undefined,
  });
  output.write('$ ');
  return { clock, output, seen, watch };
}

test('a prompt that stands for an hour is looked at ever more rarely', async () => {
  const { clock, seen, watch } = prompt();
  await clock.passWith(MINUTE_MS);
  expect(seen.looks).toBe(4);
  await clock.passWith(59 * MINUTE_MS);
  expect(seen.looks).toBeLessThan(30);
  seen.isReading = true;
  await clock.passWith(3 * MINUTE_MS);
  expect(seen.questions).toEqual(['$']);
  watch.close();
});

test('after new output a prompt is looked at as often as at first', async () => {
  const { clock, output, seen, watch } = prompt();
  await clock.passWith(10 * MINUTE_MS);
  output.write('ls\n$ ');
  seen.looks = 0;
  await clock.passWith(MINUTE_MS);
  expect(seen.looks).toBe(4);
  watch.close();
});
