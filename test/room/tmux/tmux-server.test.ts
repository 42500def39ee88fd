import { readdirSync, readlinkSync } from 'node:fs';
import { expect, test } from 'vitest';
import { PtyProcess } from '../../../src/tmux/pty-process.js';
import { TmuxError } from '../../../src/tmux/tmux-server.js';
import { PrivateTmux } from '../../helpers/private-tmux.js';

const CAT = {
  file: 'cat',
  args: [],
  env: { PATH: process.env['PATH'] ?? '' },
  cwd: '/',
  size: { cols: 80, rows: 24 },
  onOutput: () => undefined,
};

/** The pty masters that a process has open. */
function masters(pid: number): string[] {
  const fds = readdirSync(`/proc/${pid}/fd`);
  return fds
    .map((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`))
    .filter((path) => path === '/dev/ptmx');
}

test('a tmux server that starts while drivers are attached keeps none of their terminals', async () => {
  await using _first = PtyProcess.spawn(CAT);
  await using _second = PtyProcess.spawn(CAT);
  await using tmux = await PrivateTmux.start();
  const pid = await tmux.server.run(['display-message', '-p', '#{pid}']);
  expect(masters(Number(pid.toString()))).toHaveLength(1);
});

test('a start that tmux refuses says so in tmux words', async () => {
  await using tmux = await PrivateTmux.start();
  const again = tmux.server.start('/dev/null', ['new-session', '-d', '-s', 'pair']);
  await expect(again).rejects.toThrow(new TmuxError('new-session', 'duplicate session: pair'));
});
