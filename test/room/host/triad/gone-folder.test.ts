import { mkdirSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { SmallHost } from '../../../helpers/small-host.js';

const SOON = { backoff: { first: '50ms', jitter: 0 } };

test('without its working directory a pane is left as it is by a restart, and its own restarts say what is wrong', async () => {
  await using small = await SmallHost.startPlanned({
    panes: [
      { name: 'worker', command: 'sleep 1000', ...SOON },
      { name: 'other', command: 'sleep 1000', ...SOON },
    ],
  });
  const folder = join(small.directory, 'folder');
  mkdirSync(folder);
  await small.reload({
    panes: [
      { name: 'worker', command: 'sleep 1000', cwd: folder, ...SOON },
      { name: 'other', command: 'sleep 1000', ...SOON },
    ],
  });
  const before = await small.reaches('worker', 'running');
  const other = await small.reaches('other', 'running');
  rmdirSync(folder);

  const refusal = /^worker cannot be started: its working directory is not there$/;
  const restart = { ...small.address('worker'), action: 'restart' } as const;
  await expect(small.link.supervise(restart)).rejects.toThrow(refusal);
  await expect(small.link.supervise({ ...restart, pane: null })).rejects.toThrow(refusal);
  expect((await small.pane('worker')).pid).toBe(before.pid);
  expect((await small.reaches('other', 'running')).pid).not.toBe(other.pid);

  process.kill(before.pid ?? 0, 'SIGKILL');
  const reason = 'backoff: its working directory is not there';
  await expect.poll(() => small.changes('worker'), { timeout: 10_000 }).toContain(reason);
  await small.link.supervise({ ...restart, action: 'stop' });
  await expect(small.link.supervise({ ...restart, action: 'start' })).rejects.toThrow(refusal);
  mkdirSync(folder);
  await small.link.supervise({ ...restart, action: 'start' });
  await small.reaches('worker', 'running');
});
