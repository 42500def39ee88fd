import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { PtyProcess } from '../../../../src/host/tmux/pty-process.js';
import { eventually } from '../../../helpers/eventually.js';
import { signalNow } from '../../../helpers/signal.js';
import { SmallHost } from '../../../helpers/small-host.js';

/** A program that has asked for reports of focus, as editors do. */
const TUI = "printf '\\033[?1004h'; exec sleep 1000";
const PLAN = { panes: [{ name: 'one', command: TUI, backoff: { first: '50ms', jitter: 0 } }] };

/** Comes and goes as a client: a server up to tmux 3.4 may crash by it where the active pane is dead. */
function comeAndGo({ server }: SmallHost): void {
  const attach = ['-N', '-S', server.socketPath, '-C', 'attach-session', '-t', 'pair'];
  const stdio = ['pipe', 'ignore', 'pipe'] as const;
  execFileSync(server.binary.path, attach, { env: server.env, input: '', stdio: [...stdio] });
}

const serverPid = (small: SmallHost) => small.tmux('display-message', '-p', '#{pid}');

/** Somebody's own pane, the active one, whose program has asked for reports. */
async function openOwn(small: SmallHost): Promise<{ id: string; kill: () => void }> {
  const { id: one } = await small.pane('one');
  const format = ['-P', '-F', '#{pane_id} #{pane_pid}'];
  const own = await small.tmux('split-window', ...format, '-t', one ?? '', `${TUI} # reports`);
  const [id = '', pid] = own.split(' ');
  await eventually('the program has asked for its reports', async () =>
    (await small.tmux('display-message', '-p', '-t', id, '#{pane_current_command}')).includes(
      'sleep',
    ),
  );
  return { id, kill: () => process.kill(Number(pid), 'SIGKILL') };
}

test('a program that is killed while it has reports of focus on takes only itself along', async () => {
  await using small = await SmallHost.startPlanned(PLAN);
  const server = await serverPid(small);
  for (let round = 1; round <= 2; round += 1) {
    const { pid, id } = await small.reaches('one', 'running');
    signalNow(pid, 'SIGKILL');
    comeAndGo(small);
    await small.tmux('set-buffer', 'x');
    await small.tmux('paste-buffer', '-d', '-t', id ?? '');
    await eventually(
      'the command runs again',
      async () => (await small.pane('one')).restarts === round,
    );
    comeAndGo(small);
  }
  expect(await serverPid(small)).toBe(server);
  expect(small.changes('one')).toContain('backoff: was ended by SIGKILL');
});

test('a pane of somebody’s own closes with its program, and the next who comes or goes or pastes harms nobody', async () => {
  await using small = await SmallHost.startPlanned(PLAN);
  const server = await serverPid(small);
  const before = await small.pane('one');
  const own = await openOwn(small);
  own.kill();
  await eventually('the pane is closed', async () =>
    (await small.tmux('list-panes', '-s', '-F', '#{pane_id}'))
      .split('\n')
      .every((id) => id !== own.id),
  );
  comeAndGo(small);
  await small.tmux('set-buffer', 'x');
  await expect(small.tmux('paste-buffer', '-t', own.id)).rejects.toThrow("can't find pane");
  expect(await serverPid(small)).toBe(server);
  expect(await small.pane('one')).toMatchObject({ pid: before.pid, restarts: 0 });
});

test('dead panes that a manager before this one has left do not crash the server when it comes', async () => {
  await using small = await SmallHost.startPlanned(PLAN);
  const server = await serverPid(small);
  const before = await small.pane('one');
  await small.tmux('set-option', '-gw', 'remain-on-exit', 'on');
  const own = await openOwn(small);
  await small.host.close();
  own.kill();
  await eventually('the pane is dead', async () =>
    (await small.tmux('list-panes', '-s', '-F', '#{pane_dead}')).includes('1'),
  );
  await small.restart();
  comeAndGo(small);
  expect(await serverPid(small)).toBe(server);
  expect(await small.pane('one')).toMatchObject({ pid: before.pid, restarts: 0 });
});

test('a dead pane and somebody who only looks on inside tmux keep no manager from taking over', async () => {
  await using small = await SmallHost.startPlanned(PLAN);
  await small.tmux('set-option', '-gw', 'remain-on-exit', 'on');
  await small.tmux('split-window', '-d', 'exit 1');
  await small.host.close();
  const { server, directory: cwd } = small;
  await using _looksOn = PtyProcess.spawn({
    ...{ file: server.binary.path, cwd, size: { cols: 80, rows: 24 }, onOutput: () => undefined },
    args: ['-N', '-S', server.socketPath, 'attach-session', '-r', '-t', 'pair'],
    env: { ...server.env, TERM: 'xterm' },
  });
  const state = ['list-panes', '-s', '-F', '#{pane_dead} #{session_attached}'];
  await eventually('it is dead, and seen', async () =>
    (await small.tmux(...state)).includes('1 1'),
  );
  await small.restart();
  expect(await small.pane('one')).toMatchObject({ state: 'running', restarts: 0 });
});
