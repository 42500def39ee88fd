import { expect, test } from 'vitest';
import { UnavailableError } from '../../../../src/base/errors.js';
import { openMirrorClient } from '../../../../src/host/tmux/mirror-client.js';
import { eventually } from '../../../helpers/eventually.js';
import { isAlive } from '../../../helpers/keeper-pane.js';
import { SeenMirror } from '../../../helpers/seen-mirror.js';
import { PAIR, SmallHost } from '../../../helpers/small-host.js';
import { typeLine } from '../../../helpers/type-line.js';

/** Asks the tmux server of the host. */
function asker({ server }: SmallHost) {
  return async (...args: string[]) => (await server.run(args)).toString().trimEnd();
}

const CLIENTS = '#{client_pid} #{client_name} #{client_session} #{client_control_mode}';

/** The grouped session and the client of the only mirror. */
async function mirrorOf(small: SmallHost) {
  const ask = asker(small);
  return eventually('the mirror has its client', async () => {
    const rows = (await ask('list-clients', '-F', CLIENTS)).split('\n');
    const row = rows.find((each) => each.split(' ')[2]?.startsWith('mirror-'));
    const [pid, name = '', session = ''] = row?.split(' ') ?? [];
    return row === undefined ? undefined : { pid: Number(pid), name, session };
  });
}

async function becomesAlone(small: SmallHost): Promise<void> {
  const ask = asker(small);
  const sessions = () => ask('list-sessions', '-F', '#{session_name}');
  await eventually('only the session is left', async () => (await sessions()) === 'pair', sessions);
  await eventually('only the control connection is left', async () => {
    return (await ask('list-clients', '-F', '#{client_control_mode}')) === '1';
  });
}

test('a mirror tells its layout first, and shows the window at its exact size', async () => {
  await using small = await SmallHost.start(['sh', '-c', 'echo hello; exec cat']);
  await using mirror = await SeenMirror.open(small.link);
  await mirror.seen.shows('hello');
  expect(mirror.seen.order[0]).toBe('layout');
  const size = await asker(small)('display-message', '-p', '#{window_width} #{window_height}');
  const { cols, rows } = mirror.seen.layout.size;
  expect(`${cols} ${rows}`).toBe(size);
  expect(mirror.seen.layout).toMatchObject({
    isZoomed: false,
    panes: [{ id: '%0', name: 'worker', isActive: true, region: { col: 0, cols } }],
  });
  const { pid } = await mirrorOf(small);
  const own = await asker(small)('list-clients', '-F', '#{client_pid} #{client_flags}');
  const flags = own.split('\n').find((row) => row.startsWith(`${pid} `));
  expect(flags).toContain('ignore-size');
  expect(flags).toContain('read-only');
});

test('a mirror follows the drivers to another window, and back', async () => {
  await using small = await SmallHost.start(['sh', '-c', 'echo first; exec cat']);
  const ask = asker(small);
  await using mirror = await SeenMirror.open(small.link);
  await mirror.seen.shows('first');
  const made = ['new-window', '-P', '-F', '#{pane_id}', '-t', '$0'];
  const second = await ask(...made, 'sh', '-c', 'echo second; exec cat');
  await mirror.seen.shows('second');
  await mirror.seen.has('both panes', ({ panes }) => panes.length === 2);
  expect(mirror.seen.layout.panes).toMatchObject([
    { id: '%0', name: 'worker', isActive: false, region: null },
    { id: second, name: null, isActive: true },
  ]);
  await ask('select-window', '-t', '$0:0');
  await mirror.seen.shows('first');
  await ask('select-window', '-t', '$0:1');
  await ask('kill-pane', '-t', second);
  await mirror.seen.has('one pane', ({ panes }) => panes.length === 1);
  await mirror.seen.shows('first');
});

test('a mirror follows a split, a zoom and a resize', async () => {
  await using small = await SmallHost.start(['sh', '-c', 'echo left; exec cat']);
  const ask = asker(small);
  await using mirror = await SeenMirror.open(small.link);
  const made = ['split-window', '-h', '-P', '-F', '#{pane_id}', '-t', '%0'];
  const right = await ask(...made, 'sh', '-c', 'echo right; exec cat');
  await mirror.seen.has('a second pane', ({ panes }) => panes[1]?.isActive === true);
  await mirror.seen.shows('right');
  expect(mirror.seen.layout.panes.every(({ region }) => region !== null)).toBe(true);
  await ask('resize-pane', '-Z', '-t', right);
  await mirror.seen.has('a zoom', ({ isZoomed }) => isZoomed);
  expect(mirror.seen.layout.panes.map(({ region }) => region === null)).toEqual([true, false]);
  await eventually('the left pane is hidden', () => !mirror.seen.rows.join().includes('left'));
  await ask('resize-window', '-t', '$0', '-x', '71', '-y', '19');
  await mirror.seen.has('the size', ({ size }) => size.cols === 71 && size.rows === 19);
  await ask('resize-pane', '-Z', '-t', right);
  await ask('select-pane', '-t', '%0');
  await mirror.seen.has('the left pane', ({ panes }) => panes[0]?.isActive === true);
  await mirror.seen.shows('left');
  const { name } = await mirrorOf(small);
  const size = () => ask('display-message', '-p', '-c', name, '#{client_width} #{client_height}');
  await eventually('the client is as large', async () => (await size()) === '71 19', size);
});

test('a mirror is opened again when somebody detaches its client, or kills it', async () => {
  await using small = await SmallHost.start();
  await using mirror = await SeenMirror.open(small.link);
  const first = await mirrorOf(small);
  await asker(small)('detach-client', '-t', first.name);
  const isAnother = async (pid: number) => (await mirrorOf(small)).pid !== pid;
  await eventually('the mirror has another client', () => isAnother(first.pid));
  const second = await mirrorOf(small);
  process.kill(second.pid, 'SIGKILL');
  await eventually('the mirror has a third client', () => isAnother(second.pid));
  await typeLine(small.server, '%0', 'still here');
  await mirror.seen.shows('still here');
});

test('a mirror is woken when somebody suspends its client', async () => {
  await using small = await SmallHost.start();
  await using mirror = await SeenMirror.open(small.link);
  const ask = asker(small);
  const { name, pid } = await mirrorOf(small);
  await ask('suspend-client', '-t', name);
  await typeLine(small.server, '%0', 'after the sleep');
  await mirror.seen.shows('after the sleep');
  expect((await mirrorOf(small)).pid).toBe(pid);
});

test('a mirror comes back when somebody moves its client to another session', async () => {
  await using small = await SmallHost.start();
  await using mirror = await SeenMirror.open(small.link);
  const ask = asker(small);
  await ask('new-session', '-d', '-s', 'elsewhere', 'sh', '-c', 'echo elsewhere; exec cat');
  const { name, session } = await mirrorOf(small);
  await ask('switch-client', '-c', name, '-t', 'elsewhere');
  await eventually(
    'the mirror has another session',
    async () => (await mirrorOf(small)).session !== session,
  );
  await typeLine(small.server, '%0', 'at home');
  await mirror.seen.shows('at home');
  await ask('kill-session', '-t', 'elsewhere');
  const sessions = () => ask('list-sessions', '-F', '#{session_name}');
  expect((await sessions()).split('\n')).not.toContain(session);
});

test('a driver who comes into the session of the mirror is sent back', async () => {
  await using small = await SmallHost.start(['sh', '-c', 'echo hello; exec cat']);
  await using mirror = await SeenMirror.open(small.link);
  await mirror.seen.shows('hello');
  const size = { cols: 80, rows: 24 };
  const request = { session: PAIR, term: 'xterm', size, onOutput: () => undefined };
  const driver = await small.link.openDriver(request);
  const ask = asker(small);
  const { pid, session } = await mirrorOf(small);
  const rows = async () => (await ask('list-clients', '-F', CLIENTS)).split('\n');
  const find = async () =>
    (await rows()).find((row) => row.endsWith(' 0') && !row.startsWith(`${pid} `));
  const name = (await eventually('the driver is there', find)).split(' ')[1] ?? '';
  await ask('switch-client', '-c', name, '-t', session);
  await eventually('the driver is back', async () => (await find())?.includes(' pair 0'), find);
  driver.close();
  await driver.ended;
  expect((await mirrorOf(small)).pid).toBe(pid);
});

test('nothing of a mirror is left when it is closed', async () => {
  await using small = await SmallHost.start();
  const mirrors = [await SeenMirror.open(small.link), await SeenMirror.open(small.link)];
  await mirrorOf(small);
  for (const mirror of mirrors) {
    mirror.view.close();
    mirror.view.close();
    expect(await mirror.view.ended).toEqual({ reason: 'closed', isTerminalRestored: false });
  }
  await becomesAlone(small);
});

test('nothing of a mirror is left when its host lets go of the session', async () => {
  await using small = await SmallHost.start();
  const mirror = await SeenMirror.open(small.link);
  await mirrorOf(small);
  await small.restart();
  expect((await mirror.view.ended).reason).toBe('closed');
  await becomesAlone(small);
});

test('a host that adopts a session ends what a killed one has left of its mirrors, and nothing else', async () => {
  await using small = await SmallHost.start();
  const ask = asker(small);
  await ask('new-session', '-d', '-s', 'mirror-of-a-person', 'cat');
  const size = { cols: 80, rows: 24 };
  const left = { server: small.server, sessionId: '$0', name: 'mirror-left', size };
  const client = openMirrorClient({ ...left, onOutput: () => undefined });
  const { name } = await mirrorOf(small);
  await ask('switch-client', '-c', name, '-t', '$0');
  client.kill('SIGKILL');
  await client.exited;
  const sessions = () => ask('list-sessions', '-F', '#{session_name}');
  expect(await sessions()).toBe('mirror-left\nmirror-of-a-person\npair');
  await small.restart();
  expect(await sessions()).toBe('mirror-of-a-person\npair');
});

test('a mirror ends with its session, and keeps none of its windows alive', async () => {
  await using small = await SmallHost.start();
  const ask = asker(small);
  const mirror = await SeenMirror.open(small.link);
  await mirrorOf(small);
  const keeper = Number(await ask('display-message', '-p', '-t', '%0', '#{pane_pid}'));
  // Where ours is the only other session, tmux itself ends it: it runs the hook for the control client.
  await ask('new-session', '-d', '-s', 'elsewhere', 'cat');
  await ask('kill-session', '-t', '$0');
  expect((await mirror.view.ended).reason).toBe('session-ended');
  await eventually('the keeper is gone', () => !isAlive(keeper));
  await eventually('the session is made again', async () => {
    const [session] = await small.host.describe();
    return session?.state === 'running' && session.panes[0]?.state === 'running';
  });
  await ask('kill-session', '-t', 'elsewhere');
  await becomesAlone(small);
  await using again = await SeenMirror.open(small.link);
  await again.seen.has('the pane', ({ panes }) => panes[0]?.name === 'worker');
});

test('a mirror goes on when its host lost the control connection', async () => {
  await using small = await SmallHost.start();
  await using mirror = await SeenMirror.open(small.link);
  const ask = asker(small);
  await mirrorOf(small);
  const rows = (await ask('list-clients', '-F', CLIENTS)).split('\n');
  const control = Number(rows.find((row) => row.endsWith(' 1'))?.split(' ')[0]);
  process.kill(control, 'SIGKILL');
  await ask('split-window', '-t', '%0', 'cat');
  await mirror.seen.has('the new pane', ({ panes }) => panes.length === 2);
});

test('of a blocked mirror only the newest layout is kept, and one repaint follows', async () => {
  await using small = await SmallHost.start(['sh', '-c', 'echo hello; exec cat']);
  await using mirror = await SeenMirror.open(small.link);
  const ask = asker(small);
  await using other = await SeenMirror.open(small.link);
  await mirror.seen.shows('hello');
  mirror.view.setBlocked(true);
  const { bytes } = mirror.seen;
  const layouts = mirror.seen.layouts.length;
  for (const cols of [90, 80, 70]) {
    await ask('resize-window', '-t', '$0', '-x', `${cols}`, '-y', '20');
    await other.seen.has(`${cols} columns`, ({ size }) => size.cols === cols);
  }
  await typeLine(small.server, '%0', 'unseen');
  await other.seen.shows('unseen');
  expect(mirror.seen.bytes).toBe(bytes);
  expect(mirror.seen.layouts).toHaveLength(layouts);
  mirror.view.setBlocked(false);
  expect(mirror.seen.layouts).toHaveLength(layouts + 1);
  expect(mirror.seen.layout.size).toEqual({ cols: 70, rows: 20 });
  await mirror.seen.shows('unseen');
});

test('a session has at most 16 mirrors', async () => {
  await using small = await SmallHost.start();
  const open = () => SeenMirror.open(small.link);
  const mirrors = await Promise.all(Array.from({ length: 16 }, open));
  await expect(open()).rejects.toThrow(UnavailableError);
  for (const { view } of mirrors) view.close();
  await Promise.all(mirrors.map(({ view }) => view.ended));
  await using another = await open();
  await another.seen.has('the pane', ({ panes }) => panes.length === 1);
});

test('a mirror is repainted after programs have written', async () => {
  await using small = await SmallHost.start();
  await using mirror = await SeenMirror.open(small.link);
  await typeLine(small.server, '%0', 'written');
  await mirror.seen.shows('written');
  const before = mirror.seen.text.length;
  await eventually('the mirror was drawn again', () =>
    mirror.seen.text.slice(before).includes('written'),
  );
});
