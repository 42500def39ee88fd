import { readdirSync } from 'node:fs';
import { readlink } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { PtyProcess } from '../../../../src/host/tmux/pty-process.js';
import { TmuxError, TmuxServer } from '../../../../src/host/tmux/tmux-server.js';
import { eventually } from '../../../helpers/eventually.js';
import { PrivateTmux } from '../../../helpers/private-tmux.js';

const CAT = {
  file: 'cat',
  args: [],
  env: { PATH: process.env['PATH'] ?? '' },
  cwd: '/',
  size: { cols: 80, rows: 24 },
  onOutput: () => undefined,
};

/** The pty masters that a process has open; what it closes meanwhile does not count. */
async function masters(pid: number): Promise<string[]> {
  const fds = readdirSync(`/proc/${pid}/fd`);
  const read = await Promise.allSettled(fds.map((fd) => readlink(`/proc/${pid}/fd/${fd}`)));
  return read
    .flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []))
    .filter((path) => path === '/dev/ptmx');
}

test('a tmux server that starts while drivers are attached keeps none of their terminals', async () => {
  await using _first = PtyProcess.spawn(CAT);
  await using _second = PtyProcess.spawn(CAT);
  await using tmux = await PrivateTmux.start();
  const pid = await tmux.server.run(['display-message', '-p', '#{pid}']);
  expect(await masters(Number(pid.toString()))).toHaveLength(1);
});

test('a start that tmux refuses says so in tmux words', async () => {
  await using tmux = await PrivateTmux.start();
  const again = tmux.server.start('/dev/null', ['new-session', '-d', '-s', 'pair']);
  await expect(again).rejects.toThrow(new TmuxError('new-session', 'duplicate session: pair'));
});

test('no server is there where tmux says so, and not where it could not be asked', async () => {
  await using tmux = await PrivateTmux.start();
  const { server } = tmux;
  expect(await server.isRunning()).toBe(true);
  const { binary, socketPath, env } = server;
  const asks = (path: string) => new TmuxServer({ socketPath, env, binary: { ...binary, path } });
  await expect(asks('/nonexistent/tmux').isRunning()).rejects.toThrow(TmuxError);
  await expect(asks('/bin/false').isRunning()).rejects.toThrow(TmuxError);
  await server.run(['kill-server']);
  await eventually('the tmux server is gone', async () => !(await server.isRunning()));
  const nowhere = new TmuxServer({ binary, env, socketPath: `${socketPath}/x` });
  expect(await nowhere.isRunning()).toBe(false);
});
