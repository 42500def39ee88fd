import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { isFrom } from '../../../../src/host/tmux/tmux-limits.js';
import { Triad } from '../../../../src/host/triad/triad.js';
import { eventually } from '../../../helpers/eventually.js';
import { isAlive } from '../../../helpers/keeper-pane.js';
import { PAIR, SmallHost } from '../../../helpers/small-host.js';

const ALL = { session: PAIR, pane: null };
const SOON = { backoff: { first: '50ms', jitter: 0 } };

test('a command that ends too often has failed, with its reasons on record and in its pane', async () => {
  await using small = await SmallHost.startPlanned({
    panes: [{ name: 'worker', command: 'echo last words; exit 3', ...SOON, crashLimit: 2 }],
  });
  expect(await small.reaches('worker', 'failed')).toMatchObject({
    ...{ restarts: 1, crashes: 2, pid: null },
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
  expect(small.log.filter((line) => line.includes('pane state changed'))).toHaveLength(6);
  const { id } = await small.pane('worker');
  const screen = await eventually('the pane says so', async () => {
    const text = await small.tmux('capture-pane', '-p', '-t', id ?? '');
    return text.includes('to start it: triad start worker') ? text : undefined;
  });
  expect(screen).toContain('last words');
  await small.link.supervise({ ...small.address('worker'), action: 'start' });
  await small.reaches('worker', 'failed');
  expect(await small.pane('worker')).toMatchObject({ restarts: 3, crashes: 2 });
});

test.each([
  [
    'is not there',
    { command: ['/nonexistent/program'] },
    'command not found, or its directory (status 127)',
  ],
  ['is not executable', { command: ['/etc/passwd'] }, 'command cannot be run (status 126)'],
  ['has no directory', { command: ['true'], cwd: 'gone' }, 'its working directory is not there'],
])('a command that %s is told so', async (_what, program, reason) => {
  await using small = await SmallHost.startPlanned({
    panes: [{ name: 'worker', ...program, restart: 'never' }],
  });
  expect(await small.reaches('worker', 'failed')).toMatchObject({ reason, crashes: 1 });
});

test('panes start after what they depend on, are ended before it, and a restart leaves the others alone', async () => {
  await using small = await SmallHost.startPlanned({
    panes: [
      {
        ...{ name: 'worker', command: 'exec sleep 1000' },
        dependsOn: { db: 'healthy', migrate: 'exited-ok', engine: 'log:/ready [0-9]+/' },
      },
      { name: 'migrate', command: 'exit 0', restart: 'on-failure', dependsOn: ['db'] },
      { name: 'engine', command: 'cat' },
      {
        ...{ name: 'db', command: 'exec sleep 1000' },
        ready: { tcp: '127.0.0.1:1' },
      },
    ],
  });
  await small.reaches('migrate', 'exited');
  expect(await small.pane('worker')).toMatchObject({
    ...{ state: 'waiting', reason: 'waits for db to be healthy', startedAt: null },
  });
  small.health.tell(small.address('db').pane, { kind: 'ready', reason: 'answers' });
  expect((await small.pane('worker')).reason).toBe('waits for engine to print /ready [0-9]+/');
  await small.link.pane({
    ...small.address('engine'),
    ask: { verb: 'send', text: 'ready soon', enter: true },
  });
  await eventually('the engine has answered', async () =>
    (await small.tmux('capture-pane', '-p', '-t', (await small.pane('engine')).id ?? '')).includes(
      'ready soon\nready soon',
    ),
  );
  expect((await small.pane('worker')).state).toBe('waiting');
  await small.link.pane({
    ...small.address('engine'),
    ask: { verb: 'send', text: 'ready 1', enter: true },
  });
  const { pid } = await small.reaches('worker', 'running');
  await small.link.supervise({ ...small.address('engine'), action: 'restart' });
  expect(await small.pane('worker')).toMatchObject({ pid, state: 'running' });

  small.events.length = 0;
  await small.link.supervise({ ...ALL, action: 'stop' });
  const ends = small.events.filter(({ facts }) => facts['to'] === 'stopped');
  const order = ends.map(({ pane }) => String(pane));
  expect(order).toHaveLength(4);
  expect(order.indexOf('worker')).toBeLessThan(order.indexOf('db'));
  expect(order.indexOf('worker')).toBeLessThan(order.indexOf('engine'));

  await small.link.supervise({ ...ALL, action: 'start' });
  await small.reaches('db', 'running');
  expect((await small.pane('worker')).reason).toBe('waits for db to be healthy');
});

test('a command that ignores its signal is killed with its whole group after the grace', async () => {
  await using small = await SmallHost.startPlanned({
    panes: [
      {
        ...{ name: 'worker', stop: { signal: 'SIGINT', grace: '100ms' } },
        command: 'trap "" INT TERM; sleep 1000 & echo $! > child; wait; sleep 1000',
      },
    ],
  });
  const child = await eventually('the command has a child', () => {
    try {
      return Number(readFileSync(join(small.directory, 'child'), 'utf8'));
    } catch {
      return undefined;
    }
  });
  await small.link.supervise({ ...small.address('worker'), action: 'stop' });
  expect(await small.pane('worker')).toMatchObject({
    ...{ state: 'stopped', lastExit: { signal: 'SIGKILL' } },
  });
  await eventually('the child is gone', () => !isAlive(child));
  await expect(
    small.link.pane({ ...small.address('worker'), ask: { verb: 'signal', signal: 'SIGTERM' } }),
  ).rejects.toThrow('the command of worker is not running');
});

test('each command knows its session and pane, and each pane keeps as many lines as it is to', async () => {
  const command =
    'echo "$TRIAD_SESSION $TRIAD_PANE $OWN ${TRIAD_DOOR##*/}" > "$TRIAD_PANE.env"; exec cat';
  await using small = await SmallHost.startPlanned({
    panes: [
      { name: 'one', command, history: 123, env: { OWN: 'x' } },
      { name: 'two', command, history: 4567 },
    ],
  });
  const limits = await small.tmux('list-panes', '-s', '-F', '#{@triad_pane} #{history_limit}');
  const [session] = await small.host.describe();
  // From 3.7 on what is set last counts for all: the most that any asks for, and that is said.
  const isCommon = isFrom(session?.tmuxVersion ?? '', 3, 7);
  expect(limits.split('\n')).toEqual([isCommon ? 'one 4567' : 'one 123', 'two 4567']);
  const left = await small.tmux('show-options', '-gv', 'history-limit');
  expect(left).toBe(isCommon ? '4567' : '20000');
  expect(session?.limits.join().includes('as much history')).toBe(isCommon);
  const env = await eventually('the command has written its environment', () => {
    try {
      return readFileSync(join(small.directory, 'one.env'), 'utf8') || undefined;
    } catch {
      return undefined;
    }
  });
  expect(env).toBe('pair one x door.sock\n');
});

test('what an agent asks is shown until it is answered, and its health leads its state', async () => {
  await using small = await SmallHost.startPlanned({
    panes: [{ name: 'worker', command: 'exec cat', ready: { tcp: '127.0.0.1:1' }, ...SOON }],
  });
  const { pane } = small.address('worker');
  const { pid } = await small.reaches('worker', 'running');
  expect(small.health.runs).toEqual([{ pane, pid, wasReady: false }]);
  small.health.tell(pane, { kind: 'ready', reason: 'answers' });
  small.health.tell(pane, { kind: 'asks', question: 'go on? \x1b[31m' });
  expect(await small.pane('worker')).toMatchObject({
    ...{ state: 'healthy', reason: 'answers', question: 'go on? \\x1b[31m' },
  });
  expect(small.events.at(-1)).toMatchObject({
    ...{ kind: 'pane-asks', pane, text: 'worker asks: go on? \\x1b[31m' },
  });
  await small.restart();
  expect(small.health.runs.at(-1)).toEqual({ pane, pid, wasReady: true });
  small.health.tell(pane, { kind: 'dead', reason: 'does not answer' });
  await eventually(
    'the worker was started again',
    async () => (await small.pane('worker')).restarts === 1,
  );
  expect(await small.pane('worker')).toMatchObject({ question: null, crashes: 1 });
  expect(small.changes('worker').slice(-5, -1)).toEqual([
    'unhealthy: does not answer',
    'stopping: does not answer',
    'backoff: does not answer',
    'starting: pause is over',
  ]);
});

test('a new plan restarts only what is another program, and adds and removes panes', async () => {
  const pane = (name: string, command = 'exec cat') => ({ name, command });
  const OLD = { panes: [pane('same'), pane('other'), pane('removed')] };
  const same = { ...pane('same'), restart: 'never', title: 'another title' };
  const NEW = { panes: [same, pane('added'), pane('other', 'exec sleep 1000')] };
  await using small = await SmallHost.startPlanned(OLD);
  const before = await small.pane('same');
  const old = await small.pane('other');
  const removed = await small.pane('removed');
  await small.host.close();
  const ignored = {
    ...{ onWindowsChanged: () => undefined, onNotified: () => undefined },
    onPaneChanged: () => undefined,
  };
  const session = new Triad({ ...small.options(OLD), ...ignored });
  await session.open();
  const changes = await session.apply(small.plan(NEW));
  expect(changes.map(({ pane: name, change }) => `${name} ${change}`)).toEqual([
    ...['null changed', 'removed removed'],
    ...['same changed', 'added added', 'other restarted'],
  ]);
  expect(await session.apply(small.plan(NEW))).toEqual([]);
  session.close();
  await small.restart(NEW);
  expect(await small.pane('same')).toMatchObject({ pid: before.pid, title: 'another title' });
  expect((await small.pane('other')).pid).not.toBe(old.pid);
  expect(await small.pane('added')).toMatchObject({ state: 'running', restarts: 0 });
  expect(isAlive(removed.pid ?? 0)).toBe(false);
  const rows = await small.tmux('list-panes', '-s', '-F', '#{@triad_pane} #{@triad_title}');
  expect(rows.split('\n')).toEqual(['same another title', 'added added', 'other other']);
});
