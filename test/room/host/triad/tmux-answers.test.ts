import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { PaneDescription } from '../../../../src/base/pane.js';
import { eventually } from '../../../helpers/eventually.js';
import { SmallHost } from '../../../helpers/small-host.js';

const PLAN = { panes: [{ name: 'one', command: 'echo one >> starts; exec cat' }] };

const startsIn = (small: SmallHost) => readFileSync(join(small.directory, 'starts'), 'utf8');
const serverPid = async (small: SmallHost) =>
  Number(await small.tmux('display-message', '-p', '#{pid}'));

test('a server that is stopped and has lost its socket goes on and makes it again, and no second one is started', async () => {
  await using small = await SmallHost.startPlanned(PLAN);
  const server = await serverPid(small);
  const before = await small.pane('one');
  await small.host.close();
  rmSync(small.server.socketPath);
  process.kill(server, 'SIGSTOP');
  await small.restart();
  expect(await serverPid(small)).toBe(server);
  expect(await small.pane('one')).toMatchObject({ pid: before.pid, restarts: 0, state: 'running' });
  expect(startsIn(small)).toBe('one\n');
});

/** What a pane is whose command was touched by nobody. */
function lasting({ state, reason, since, pid, restarts, crashes, startsAt }: PaneDescription) {
  return { state, reason, since, pid, restarts, crashes, startsAt };
}

const controlClients = async (small: SmallHost) => {
  const row = '#{client_control_mode} #{client_pid} #{client_name}';
  const rows = (await small.tmux('list-clients', '-F', row)).split('\n');
  return rows.filter((each) => each.startsWith('1 ')).map((each) => each.split(' '));
};

test.each(['killed', 'detached', 'stopped and killed'])(
  'a control client that is %s is replaced, and nothing is started again',
  async (how) => {
    await using small = await SmallHost.startPlanned(PLAN);
    const before = await small.pane('one');
    const recorded = small.events.length;
    const [[, pid, name] = []] = await controlClients(small);
    if (how.startsWith('stopped')) process.kill(Number(pid), 'SIGSTOP');
    if (how === 'detached') await small.tmux('detach-client', '-t', name ?? '');
    else process.kill(Number(pid), 'SIGKILL');
    await eventually('there is another control client', async () => {
      const clients = await controlClients(small);
      return clients.length === 1 && clients[0]?.[1] !== pid;
    });
    await small.checked();
    await small.link.pane({
      ...small.address('one'),
      ask: { verb: 'send', text: 'typed', enter: false },
    });
    expect(lasting(await small.pane('one'))).toEqual(lasting(before));
    expect(small.events.slice(recorded)).toEqual([]);
    expect(small.log.join('')).toContain('control connection made again');
  },
);

test('what a person stopped while tmux could not be asked stays so for the next manager', async () => {
  await using small = await SmallHost.startPlanned(PLAN);
  const server = await serverPid(small);
  const [[, client] = []] = await controlClients(small);
  process.kill(server, 'SIGSTOP');
  try {
    process.kill(Number(client), 'SIGKILL');
    await small.link.supervise({ ...small.address('one'), action: 'stop' });
  } finally {
    process.kill(server, 'SIGCONT');
  }
  const id = (await small.pane('one')).id ?? '';
  await eventually('tmux has it that the pane is stopped', async () =>
    (await small.tmux('show-options', '-pv', '-t', id, '@triad_memory')).includes('stopped'),
  );
  await small.restart();
  expect(await small.pane('one')).toMatchObject({ state: 'stopped', restarts: 0 });
});

test.each(['kill-server', 'kill-session'])(
  'after %s what was stopped, has failed or rests stays so, and the rest is started once',
  async (command) => {
    await using small = await SmallHost.startPlanned({
      panes: [
        ...PLAN.panes,
        { name: 'stopped', command: 'exec cat' },
        { name: 'failed', command: 'exit 3', crashLimit: 1 },
        { name: 'rests', command: 'exit 4', backoff: { first: '1h', max: '1h' } },
        { name: 'exited', command: 'exit 0', restart: 'never' },
      ],
    });
    await small.link.supervise({ ...small.address('stopped'), action: 'stop' });
    const kept = [
      await small.reaches('stopped', 'stopped'),
      await small.reaches('failed', 'failed'),
      await small.reaches('rests', 'backoff'),
      await small.reaches('exited', 'exited'),
    ];
    small.events.length = 0;
    await small.tmux(command);
    await eventually('the control connection was made again', () =>
      small.events.some(({ kind }) => kind === 'session-made'),
    );
    await small.reaches('one', 'running');
    expect(startsIn(small)).toBe('one\none\n');
    for (const each of kept) {
      expect(lasting(await small.pane(each.name))).toEqual(lasting(each));
    }
    const reason =
      command === 'kill-server' ? 'the tmux server is gone' : 'the session was ended inside tmux';
    expect(small.log.filter((line) => line.includes('pane not repaired'))).toEqual([]);
    const texts = small.events.filter(({ pane }) => pane === null).map(({ text }) => text);
    expect(texts).toEqual([`session lost: ${reason}`, `session made again: ${reason}`]);
    expect(new Set(small.events.flatMap(({ pane }) => pane ?? []))).toEqual(new Set(['one']));
    expect(await small.pane('one')).toMatchObject({ restarts: 1, crashes: 0 });
  },
);

test('a stale socket that a killed server has left is no obstacle for the next manager', async () => {
  await using small = await SmallHost.startPlanned(PLAN);
  const server = await serverPid(small);
  await small.host.close();
  process.kill(server, 'SIGKILL');
  await eventually('the tmux server is gone', async () => !(await small.server.isRunning()));
  expect(existsSync(small.server.socketPath)).toBe(true);
  await small.restart();
  await eventually('the command was started', () => startsIn(small) === 'one\none\n');
  expect(await serverPid(small)).not.toBe(server);
  expect(small.events.at(-1)?.text ?? '').not.toContain('taken over');
});
