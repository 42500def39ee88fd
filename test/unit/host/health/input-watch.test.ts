import { expect, test } from 'vitest';
import { InputWatch } from '../../../../src/host/health/input-watch.js';
import type { PaneOutput } from '../../../../src/host/tap/pane-output.js';
import { TappedOutput } from '../../../../src/host/tap/tapped-output.js';
import { FakeClock } from '../../../helpers/fake-clock.js';
import { FakeOutput } from '../../../helpers/fake-output.js';

const MINUTE_MS = 60_000;
const CONTINUE = { source: 'continue', matches: (text: string) => text.includes('continue?') };
const PATTERNS = [CONTINUE];

/** A watched command that does not read its terminal. */
function watched<Output extends PaneOutput>(open: (clock: FakeClock) => Output) {
  const clock = new FakeClock();
  const output = open(clock);
  const seen = { looks: 0, questions: [] as string[], isReading: false };
  const watch = new InputWatch({
    ...{ clock, output, plan: { patterns: PATTERNS, silenceMs: 3_000, watchesReads: true } },
    isReading: () => {
      seen.looks += 1;
      return Promise.resolve(seen.isReading);
    },
    onQuestion: (question) => seen.questions.push(question),
    onAnswer: () => undefined,
  });
  return { clock, output, seen, watch };
}

/** A shell prompt. */
function prompt() {
  const shell = watched((clock) => new FakeOutput(clock));
  shell.output.write('$ ');
  return shell;
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

test.each(['half a line', 'shall we continue? '])(
  'what somebody types into a silent program that reads is no question of it: %s',
  async (typed) => {
    const { clock, output, seen, watch } = watched((time) => new TappedOutput({ clock: time }));
    seen.isReading = true;
    for (const key of typed) {
      output.type(Buffer.from(key), 0);
      output.append(Buffer.from(key));
      await clock.passWith(10_000);
    }
    expect(seen.questions).toEqual([]);
    output.type(Buffer.from('\r'), 0);
    output.append(Buffer.from('\r\nName: '));
    await clock.passWith(10_000);
    expect(seen.questions).toEqual(['Name:']);
    watch.close();
    output.close();
  },
);
