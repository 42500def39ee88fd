import { expect, test } from 'vitest';
import { SilenceWatch } from '../../../../src/host/tap/silence-watch.js';
import { TappedOutput } from '../../../../src/host/tap/tapped-output.js';
import { FakeClock } from '../../../helpers/fake-clock.js';

test('output that is heard of late ends the silence before it and begins the next one', () => {
  const clock = new FakeClock();
  const output = new TappedOutput({ clock });
  const told: string[] = [];
  const watch = new SilenceWatch({
    ...{ output, clock, limitMs: 1 },
    onSilence: () => told.push('silence'),
    onOutput: () => told.push('output'),
  });
  clock.pass(1);
  output.append(Buffer.from('first'));
  clock.pass(1);
  // So soon after the first it is told of later, when it is a silence ago.
  output.append(Buffer.from('second'));
  clock.pass(1000);
  expect(told).toEqual(['silence', 'output', 'silence', 'output', 'silence']);
  watch.close();
  output.close();
});
