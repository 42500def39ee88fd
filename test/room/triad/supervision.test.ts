import { expect, test } from 'vitest';
import { PAIR, SmallHost } from '../../helpers/small-host.js';

const ALL = { session: PAIR, pane: null };

test('a command that ends is started again after a pause, with its reason on record', async () => {
  await using small = await SmallHost.startPlanned({
    panes: [{ name: 'worker', command: 'exit 3', backoff: { first: '50ms' }, crashLimit: 2 }],
  });
  expect(await small.reaches('worker', 'failed')).toMatchObject({
    restarts: 1,
    crashes: 2,
    lastExit: { status: 3, signal: null },
  });
  expect(small.changes('worker')).toEqual([
    'starting: its pane is there',
    'running: command started',
    'backoff: exited with status 3',
    'starting: pause is over',
    'running: command started',
    'failed: exited with status 3; crashed 2 times in a row',
  ]);
  const { id } = await small.pane('worker');
  expect(await small.tmux('capture-pane', '-p', '-t', id ?? '')).toContain(
    'to start it: triad start worker',
  );
});
