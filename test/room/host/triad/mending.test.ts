import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { MAX_NAMED_OPENED, type PaneDescription } from '../../../../src/base/pane.js';
import { eventually } from '../../../helpers/eventually.js';
import { isAlive, processState } from '../../../helpers/keeper-pane.js';
import { SmallHost } from '../../../helpers/small-host.js';

const SOON = { backoff: { first: '50ms', jitter: 0 } };
const pane = (name: string) => ({
  ...{ name, command: `echo ${name} >> starts; exec cat`, ...SOON },
});
const THREE = { layout: 'main-vertical', panes: [pane('one'), pane('two'), pane('three')] };

function startsIn(small: SmallHost): string[] {
  const path = join(small.directory, 'starts');
  return existsSync(path) ? readFileSync(path, 'utf8').trim().split('\n').sort() : [];
}

const started = (small: SmallHost, count: number) =>
  eventually(
    `${count} starts`,
    () => startsIn(small).length === count,
    () => small.log.join(''),
  );

async function rowsOf(small: SmallHost): Promise<string[]> {
  const place = '#{pane_left},#{pane_top} #{pane_width}x#{pane_height}';
  const rows = await small.tmux('list-panes', '-s', '-F', `#{@triad_pane} ${place}`);
  return rows.split('\n');
}

test('panes that people opened are described with what runs in them, and no more than their limit', async () => {
  await using small = await SmallHost.startPlanned(THREE);
  const opened = async () => (await small.host.describe())[0]?.opened;
  expect(await opened()).toEqual({ count: 0, panes: [] });
  const { id: one } = await small.pane('one');
  const format = ['-d', '-P', '-F', '#{pane_id}'];
  const split = await small.tmux('split-window', ...format, '-t', one ?? '', 'exec sleep 1000');
  const shell = await small.tmux('new-window', ...format, '/bin/sh');
  await eventually('both are told', async () => (await opened())?.count === 2);
  await small.tmux('send-keys', '-t', shell.trim(), 'sleep 2000', 'Enter');
  await eventually('what the shell runs is told', async () =>
    (await opened())?.panes.some(({ command }) => command === 'sleep 2000'),
  );
  expect((await opened())?.panes).toMatchObject([
    { id: split.trim(), command: 'sleep 1000' },
    { id: shell.trim(), command: 'sleep 2000' },
  ]);
  for (let more = 0; more < MAX_NAMED_OPENED; more += 1) {
    await small.tmux('new-window', '-d', 'sleep 1000');
  }
  await eventually('all are counted', async () => (await opened())?.count === MAX_NAMED_OPENED + 2);
  expect((await opened())?.panes).toHaveLength(MAX_NAMED_OPENED);
});

test('a pane that somebody closed comes back at its place, and what people opened is left alone', async () => {
  await using small = await SmallHost.startPlanned(THREE);
  const { id: one } = await small.pane('one');
  await small.tmux('split-window', '-d', '-t', one ?? '', 'sleep 1000');
  await small.tmux('resize-pane', '-t', one ?? '', '-x', '61');
  await small.tmux('new-window', '-d', 'sleep 1000');
  await started(small, 3);
  const before = await rowsOf(small);
  await small.checked();
  for (const name of ['one', 'two']) {
    const { id } = await small.pane(name);
    await small.tmux('kill-pane', '-t', id ?? '');
  }
  await started(small, 5);
  await small.reaches('one', 'running');
  await small.reaches('two', 'running');
  expect(await rowsOf(small)).toEqual(before);
  expect(small.changes('one').slice(2, 4)).toEqual([
    'stopping: its pane was closed',
    'backoff: its pane was closed',
  ]);
  const closed = small.events.filter(({ kind }) => kind === 'pane-closed');
  expect(closed.map((event) => event.pane).sort()).toEqual(['one', 'two']);
  expect(await small.pane('two')).toMatchObject({ restarts: 1, crashes: 0 });
  expect(await small.pane('three')).toMatchObject({ restarts: 0 });
});

test('panes that were renamed, moved, swapped and zoomed are the same panes', async () => {
  await using small = await SmallHost.startPlanned(THREE);
  const ids = await Promise.all(
    ['one', 'two', 'three'].map(async (name) => (await small.pane(name)).id ?? ''),
  );
  const [one = '', two = '', three = ''] = ids;
  await small.tmux('break-pane', '-d', '-s', two, '-n', 'elsewhere');
  await small.tmux('swap-pane', '-d', '-s', one, '-t', three);
  await small.tmux('select-pane', '-t', one, '-T', 'renamed');
  await small.tmux('resize-pane', '-Z', '-t', one);
  await small.restart();
  for (const [index, name] of ['one', 'two', 'three'].entries()) {
    expect(await small.pane(name)).toMatchObject({ id: ids[index], state: 'running', restarts: 0 });
  }
  await small.checked();
  await small.tmux('kill-pane', '-t', two);
  await started(small, 4);
  expect(await small.reaches('two', 'running')).toMatchObject({ restarts: 1 });
  expect((await small.pane('one')).id).toBe(one);
});

test('a keeper that is killed gets a successor in its pane, and what it left running is ended', async () => {
  await using small = await SmallHost.startPlanned({
    panes: [{ name: 'one', command: 'trap "" HUP; echo one >> starts; sleep 1000', ...SOON }],
  });
  await started(small, 1);
  const { id, pid } = await small.pane('one');
  const keeper = Number(await small.tmux('display-message', '-p', '-t', id ?? '', '#{pane_pid}'));
  process.kill(keeper, 'SIGKILL');
  await started(small, 2);
  expect(await small.reaches('one', 'running')).toMatchObject({ id, restarts: 1 });
  expect(isAlive(pid ?? 0)).toBe(false);
  expect(small.changes('one')).toContain('backoff: its keeper was killed');
  const again = Number(await small.tmux('display-message', '-p', '-t', id ?? '', '#{pane_pid}'));
  process.kill(again, 'SIGSTOP');
  await eventually('the keeper is continued', () => processState(again) !== 'T');
  expect(await small.tmux('list-panes', '-s', '-F', '#{pane_dead}')).toBe('0');
});

test('each pane has its tap again when that is killed, and somebody’s own pipe is left in its place', async () => {
  await using small = await SmallHost.startPlanned({ panes: [pane('one'), pane('two')] });
  const piped = () => small.tmux('list-panes', '-s', '-F', '#{pane_pipe}');
  expect(await piped()).toBe('1\n1');
  const { id } = await small.pane('one');
  await small.tmux('pipe-pane', '-t', id ?? '');
  await eventually('both panes are tapped', async () => (await piped()) === '1\n1');
  await small.tmux('pipe-pane', '-t', id ?? '', `exec cat > ${small.directory}/mine`);
  await small.checked();
  await small.tmux('send-keys', '-t', id ?? '', 'hello', 'Enter');
  await eventually('my own pipe has it', () =>
    readFileSync(join(small.directory, 'mine'), 'utf8').includes('hello'),
  );
});

test.each([
  ['its server is killed', 'the tmux server is gone'],
  ['it is killed', 'the session was ended inside tmux'],
])(
  'a session is made again when %s, with the reason on record and on screen',
  async (_what, reason) => {
    await using small = await SmallHost.startPlanned({ panes: [pane('one')] });
    await started(small, 1);
    const pid = Number(await small.tmux('display-message', '-p', '#{pid}'));
    if (reason.includes('server')) process.kill(pid, 'SIGKILL');
    else await small.tmux('kill-session');
    await started(small, 2);
    const { id } = await small.reaches('one', 'running');
    const kinds = small.events.map(({ kind }) => kind).filter((kind) => kind.startsWith('session'));
    expect(kinds).toEqual(['session-made', 'session-lost', 'session-made']);
    expect(small.events.find(({ kind }) => kind === 'session-lost')?.facts).toEqual({ reason });
    expect(await small.tmux('capture-pane', '-p', '-t', id ?? '')).toContain(
      `triad: session made again: ${reason}`,
    );
    expect(await small.pane('one')).toMatchObject({ restarts: 1 });
  },
);

test('a server whose socket was deleted makes it again, and no second one is started', async () => {
  await using small = await SmallHost.startPlanned({ panes: [pane('one')] });
  await started(small, 1);
  const pid = await small.tmux('display-message', '-p', '#{pid}');
  rmSync(small.server.socketPath);
  await eventually('the socket is there', () => existsSync(small.server.socketPath));
  await small.host.close();
  rmSync(small.server.socketPath);
  await small.restart();
  expect(await small.tmux('display-message', '-p', '#{pid}')).toBe(pid);
  expect(startsIn(small)).toEqual(['one']);
  expect(await small.pane('one')).toMatchObject({ state: 'running', restarts: 0 });
});

test('the next manager goes on with pauses, counts, what was stopped and what has failed', async () => {
  await using small = await SmallHost.startPlanned({
    panes: [
      { name: 'rests', command: 'echo x >> starts; exit 1', backoff: { first: '1h', max: '1h' } },
      { name: 'stopped', command: 'exec cat' },
      { name: 'failed', command: 'exit 1', crashLimit: 1 },
      { name: 'ends', command: 'read line; exit 7', restart: 'never' },
    ],
  });
  await small.link.supervise({ ...small.address('stopped'), action: 'stop' });
  const rests = await small.reaches('rests', 'backoff');
  const failed = await small.reaches('failed', 'failed');
  const ends = await small.reaches('ends', 'running');
  await small.host.close();
  execFileSync('sh', ['-c', `kill -TERM ${ends.pid}`]);
  await eventually('the last command has ended', () => !isAlive(ends.pid ?? 0));
  await small.restart();
  expect(lasting(await small.pane('rests'))).toEqual(lasting(rests));
  expect(lasting(await small.pane('failed'))).toEqual(lasting(failed));
  expect(await small.pane('stopped')).toMatchObject({ state: 'stopped' });
  expect(await small.pane('ends')).toMatchObject({
    ...{ state: 'exited', reason: 'was ended by SIGTERM', crashes: 1 },
  });
  expect(startsIn(small)).toEqual(['x']);
});

test('a pane that was closed while no manager was there is made again', async () => {
  await using small = await SmallHost.startPlanned(THREE);
  await started(small, 3);
  const { id } = await small.pane('two');
  await small.host.close();
  await small.tmux('kill-pane', '-t', id ?? '');
  await small.restart();
  await started(small, 4);
  expect((await rowsOf(small)).map((row) => row.split(' ')[0])).toEqual(['one', 'two', 'three']);
  expect(startsIn(small)).toEqual(['one', 'three', 'two', 'two']);
});

test('a command whose keeper was killed while no manager was there does not run twice', async () => {
  await using small = await SmallHost.startPlanned({
    panes: [{ name: 'one', command: 'trap "" HUP; echo one >> starts; sleep 1000', ...SOON }],
  });
  await started(small, 1);
  const { id, pid } = await small.pane('one');
  const keeper = Number(await small.tmux('display-message', '-p', '-t', id ?? '', '#{pane_pid}'));
  await small.host.close();
  process.kill(keeper, 'SIGKILL');
  await small.restart();
  await started(small, 2);
  expect(isAlive(pid ?? 0)).toBe(false);
  expect(await small.reaches('one', 'running')).toMatchObject({ id, restarts: 1 });
});

test.each(['sleep 0.01', 'exec sleep 1000'])(
  'another program in the place of the keeper (%s) is replaced by one, and nothing else is ended',
  async (program) => {
    await using small = await SmallHost.startPlanned({ panes: [pane('one'), pane('two')] });
    await started(small, 2);
    const { id } = await small.pane('one');
    const two = await small.pane('two');
    await small.tmux('respawn-pane', '-k', '-t', id ?? '', program);
    await started(small, 3);
    expect(await small.reaches('one', 'running')).toMatchObject({ id, restarts: 1 });
    expect(small.log.join('')).not.toContain('pane not repaired');
    await small.host.close();
    await small.tmux('respawn-pane', '-k', '-t', id ?? '', program);
    await small.restart();
    await started(small, 4);
    expect(await small.reaches('one', 'running')).toMatchObject({ id, restarts: 2 });
    expect(lasting(await small.pane('two'))).toEqual(lasting(two));
  },
);

/** All but what changes by itself. */
function lasting(pane: PaneDescription): object {
  return { ...pane, telemetry: null };
}
