import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { PANE_SIGNALS } from '../../../../src/base/pane.js';
import { eventually } from '../../../helpers/eventually.js';
import { isAlive } from '../../../helpers/keeper-pane.js';
import { signalNow } from '../../../helpers/signal.js';
import { SmallHost } from '../../../helpers/small-host.js';

const SOON = { backoff: { first: '0s', jitter: 0, factor: 1 }, crashLimit: 'none' };
const NEIGHBOUR = { name: 'neighbour', command: 'exec sleep 1000' };
const SURVIVED: readonly string[] = ['SIGCONT', 'SIGWINCH'];
const OTHERS = ['SIGSEGV', 'SIGABRT', 'SIGALRM', 'SIGPIPE', 'SIGBUS', 'SIGILL', 'SIGXCPU'] as const;
const REAL_TIME = [34, 64];

async function lastPid(small: SmallHost, not: number | null): Promise<number> {
  return eventually(
    'the worker runs again',
    async () => {
      const { pid, state } = await small.pane('worker');
      return state === 'running' && pid !== not ? pid : undefined;
    },
    () => small.log.join(''),
  );
}

test('whatever signal ends a command, it is told by name and started again, and nothing else is', async () => {
  await using small = await SmallHost.startPlanned({
    panes: [{ name: 'worker', command: 'exec sleep 1000', ...SOON }, NEIGHBOUR],
  });
  const neighbour = await small.pane('neighbour');
  let pid = await lastPid(small, null);
  await small.link.pane({ ...small.address('worker'), ask: { verb: 'signal', signal: 'SIGCONT' } });
  await small.link.pane({
    ...small.address('worker'),
    ask: { verb: 'signal', signal: 'SIGWINCH' },
  });
  const deadly = PANE_SIGNALS.filter((signal) => !SURVIVED.includes(signal));
  for (const signal of deadly) {
    await small.link.pane({ ...small.address('worker'), ask: { verb: 'signal', signal } });
    pid = await lastPid(small, pid);
  }
  for (const signal of [...OTHERS.map((name) => constants.signals[name]), ...REAL_TIME]) {
    process.kill(pid, signal);
    pid = await lastPid(small, pid);
  }
  const names = [...deadly, ...OTHERS, ...REAL_TIME.map((number) => `SIG${number}`)];
  const ends = small.changes('worker').filter((change) => change.startsWith('backoff'));
  expect(ends).toEqual(names.map((name) => `backoff: was ended by ${name}`));
  expect(await small.pane('worker')).toMatchObject({ restarts: names.length });
  expect(await small.pane('neighbour')).toMatchObject({ pid: neighbour.pid, restarts: 0 });
  const { id } = await small.pane('worker');
  const screen = await small.tmux('capture-pane', '-pS', '-', '-t', id ?? '');
  for (const name of names) expect(screen).toContain(`[triad: worker was ended by ${name}]`);
});

test.each([
  ['always', 'backoff', 'backoff', 'backoff'],
  ['on-failure', 'exited', 'backoff', 'backoff'],
  ['never', 'exited', 'exited', 'exited'],
])(
  'a pane that is restarted %s is %s after a clean end, %s after status 2, %s after a signal',
  async (restart, ...states) => {
    const policy = { restart, backoff: { first: '1h', max: '1h' } };
    await using small = await SmallHost.startPlanned({
      panes: [
        { name: 'clean', command: 'echo last words; exit 0', ...policy },
        { name: 'failing', command: 'echo last words; exit 2', ...policy },
        { name: 'killed', command: 'echo last words; kill -SEGV $$', ...policy },
      ],
    });
    const ends = [
      ['clean', 'exited with status 0', 0],
      ['failing', 'exited with status 2', 1],
      ['killed', 'was ended by SIGSEGV', 1],
    ] as const;
    for (const [index, [name, reason, crashes]] of ends.entries()) {
      const pane = await small.reaches(name, states[index] as 'exited');
      expect(pane).toMatchObject({ reason, crashes, restarts: 0, pid: null });
      const screen = await eventually('the pane says so', async () => {
        const text = await small.tmux('capture-pane', '-p', '-t', pane.id ?? '');
        return /starts again in|to start it: triad start/.test(text) ? text : undefined;
      });
      expect(screen).toMatch(new RegExp(`^last words\n\n?\\[triad: ${name} ${reason}\\]$`, 'm'));
    }
    await small.link.supervise({ ...small.address('clean'), action: 'start' });
    await small.reaches('clean', states[0] as 'exited');
    expect(await small.pane('clean')).toMatchObject({ restarts: 1 });
    expect(await small.pane('failing')).toMatchObject({ restarts: 0 });
  },
);

test('what a command leaves behind ends with it in its group, and out of it is left alone', async () => {
  await using small = await SmallHost.startPlanned({
    panes: [
      {
        ...{ name: 'worker', ...SOON, restart: 'never' },
        command:
          'sleep 1000 & echo $! > mine; sh -c \'trap "" HUP TERM; echo $$ > deaf; sleep 1000\' & ' +
          "setsid -f sh -c 'echo $$ > daemon; exec sleep 1000'; " +
          'until [ -s daemon ] && [ -s deaf ]; do sleep 0.05; done; sleep 1000 & wait',
      },
      NEIGHBOUR,
    ],
  });
  const pidIn = (name: string) =>
    eventually(name, () => {
      const path = join(small.directory, name);
      return existsSync(path) ? Number(readFileSync(path, 'utf8')) || undefined : undefined;
    });
  const mine = await pidIn('mine');
  const deaf = await pidIn('deaf');
  const daemon = await pidIn('daemon');
  try {
    await small.link.supervise({ ...small.address('worker'), action: 'stop' });
    expect(await small.pane('worker')).toMatchObject({ state: 'stopped' });
    await eventually('the child of the command is gone', () => !isAlive(mine));
    await eventually('a child that is deaf is gone, too', () => !isAlive(deaf));
    expect(isAlive(daemon)).toBe(true);
    expect(await small.pane('neighbour')).toMatchObject({ state: 'running', restarts: 0 });
  } finally {
    process.kill(daemon, 'SIGKILL');
  }
});

test('a program without its interpreter, and a directory that goes while its command runs, are told', async () => {
  const MAKE = "printf '#!/nonexistent/python\\n' > agent; chmod +x agent; mkdir place";
  const waits = { ...SOON, crashLimit: 2, dependsOn: { maker: 'exited-ok' } };
  await using small = await SmallHost.startPlanned({
    panes: [
      { name: 'maker', command: MAKE, restart: 'on-failure' },
      { name: 'script', command: ['./agent'], ...waits },
      { name: 'worker', command: 'echo here > file; exec sleep 1000', cwd: 'place', ...waits },
      NEIGHBOUR,
    ],
  });
  const notFound = 'command not found, or its directory (status 127)';
  const script = await small.reaches('script', 'failed');
  expect(script.reason).toBe(`${notFound}; crashed 2 times in a row`);
  const { pid } = await small.reaches('worker', 'running');
  rmSync(join(small.directory, 'place'), { recursive: true });
  signalNow(pid, 'SIGKILL');
  const worker = await small.reaches('worker', 'failed');
  expect(small.changes('worker').slice(-4)).toEqual([
    'backoff: was ended by SIGKILL',
    'starting: pause is over',
    'running: command started',
    'failed: its working directory is not there; crashed 2 times in a row',
  ]);
  await eventually('the panes say what is missing', async () => {
    const texts = [script, worker].map(({ id }) => small.tmux('capture-pane', '-Jpt', id ?? ''));
    const [first = '', second = ''] = await Promise.all(texts);
    return first.includes('cannot run ./agent: No such file') && second.includes('/place: No such');
  });
  mkdirSync(join(small.directory, 'place'));
  await small.link.supervise({ ...small.address('worker'), action: 'start' });
  expect(await small.reaches('worker', 'running')).toMatchObject({ crashes: 0 });
  expect(await small.pane('neighbour')).toMatchObject({ state: 'running', restarts: 0 });
});

test('a command that replaces itself, lets go of its terminal or forgets its modes is the same run until it ends', async () => {
  const MODES = '\\033[?1049h\\033[?1000h\\033[?1006h\\033[?1004h\\033[?2004h\\033[?25l';
  await using small = await SmallHost.startPlanned({
    panes: [
      { name: 'execs', command: 'exec sh -c "exec sleep 1000"', ...SOON },
      { name: 'closes', command: 'exec sleep 1000 <&- >&- 2>&-', ...SOON },
      {
        name: 'full',
        command: `printf '${MODES}screen'; exec sleep 1000`,
        ...SOON,
        restart: 'never',
      },
      NEIGHBOUR,
    ],
  });
  const modes = '#{alternate_on}#{mouse_any_flag}#{mouse_sgr_flag}#{cursor_flag}';
  const { id, pid } = await small.reaches('full', 'running');
  const shown = () => small.tmux('display-message', '-pt', id ?? '', modes);
  await eventually('the program has taken the screen', async () => (await shown()) === '1110');
  signalNow(pid, 'SIGKILL');
  await small.reaches('full', 'exited');
  await eventually(
    'the screen is as it was before the program',
    async () => (await shown()) === '0001',
  );
  for (const name of ['execs', 'closes']) {
    const before = await small.reaches(name, 'running');
    await small.checked();
    expect(await small.pane(name)).toMatchObject({ pid: before.pid, restarts: 0 });
    signalNow(before.pid, 'SIGTERM');
    await eventually('the command runs again', async () => (await small.pane(name)).restarts === 1);
    expect(small.changes(name)).toContain('backoff: was ended by SIGTERM');
  }
  expect(await small.pane('neighbour')).toMatchObject({ state: 'running', restarts: 0 });
});

test.each([
  ['a year back', -365 * 24 * 3_600_000],
  ['an hour forth', 3_600_000],
])('a clock that is set %s changes what people see, and nothing else', async (_what, jumpMs) => {
  await using small = await SmallHost.startPlanned({
    panes: [
      { name: 'worker', command: 'exec sleep 1000', ...SOON, crashLimit: 3, resetAfter: '1h' },
      { name: 'rests', command: 'exit 1', backoff: { first: '30m', max: '30m' } },
      { name: 'ends', command: 'exec sleep 1000', backoff: { first: '30m', max: '30m' } },
      NEIGHBOUR,
    ],
  });
  await small.reaches('rests', 'backoff');
  const { pid } = await small.reaches('worker', 'running');
  const ends = await small.reaches('ends', 'running');
  small.jumpMs = jumpMs;
  signalNow(pid, 'SIGKILL');
  await lastPid(small, pid);
  signalNow(ends.pid, 'SIGKILL');
  const resting = await small.reaches('ends', 'backoff');
  await small.checked();
  expect((resting.startsAt ?? 0) - Date.now() - jumpMs).toBeGreaterThan(20 * 60_000);
  expect(await small.pane('worker')).toMatchObject({ restarts: 1, crashes: 1 });
  expect(await small.pane('rests')).toMatchObject({ state: 'backoff', restarts: 0, crashes: 1 });
  expect(await small.pane('neighbour')).toMatchObject({ state: 'running', restarts: 0 });
  await small.restart();
  await small.checked();
  expect(await small.pane('worker')).toMatchObject({ state: 'running', restarts: 1, crashes: 1 });
  expect(await small.pane('neighbour')).toMatchObject({ state: 'running', restarts: 0 });
});

test('a full disk costs a log file and nothing else, is told once, and its text is there again when there is room', async () => {
  await using small = await SmallHost.startPlanned({
    panes: [{ name: 'worker', command: 'cat', logFile: true }, NEIGHBOUR],
  });
  const before = await small.reaches('worker', 'running');
  small.isDiskFull = true;
  const told = () => small.events.filter(({ kind }) => kind === 'log-file').map(({ text }) => text);
  await small.link.pane({
    ...small.address('worker'),
    ask: { verb: 'send', text: 'first', enter: true },
  });
  await eventually('the log file that cannot be written is on record', () => told().length === 1);
  const problem = 'its log file cannot be written: no space left on device (ENOSPC)';
  expect(await small.pane('worker')).toMatchObject({ pid: before.pid, problems: [problem] });
  await small.link.pane({
    ...small.address('worker'),
    ask: { verb: 'send', text: 'second', enter: true },
  });
  small.pass(30_000);
  await eventually('the log says that the file cannot be written', () =>
    small.log.join('').includes('cannot be written'),
  );
  small.isDiskFull = false;
  await eventually('the log file that is written again is on record', () => {
    small.pass(30_000);
    return told().length === 2;
  });
  expect(told()).toEqual([problem, 'its log file is written again']);
  const path = join(small.directory, 'logs/worker.log');
  await eventually('the log file has all lines', () =>
    /^first\nfirst\nsecond\n/.test(readFileSync(path, 'utf8')),
  );
  expect(await small.pane('worker')).toMatchObject({ pid: before.pid, problems: [] });
  expect(await small.pane('neighbour')).toMatchObject({ state: 'running', restarts: 0 });
});
