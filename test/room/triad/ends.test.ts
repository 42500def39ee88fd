import { existsSync, readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { PANE_SIGNALS } from '../../../src/link/host-link.js';
import { eventually } from '../../helpers/eventually.js';
import { isAlive } from '../../helpers/keeper-pane.js';
import { SmallHost } from '../../helpers/small-host.js';

const SOON = { backoff: { first: '0s', jitter: 0, factor: 1 }, crashLimit: 'none' };
const NEIGHBOUR = { name: 'neighbour', command: 'exec sleep 1000' };
const SURVIVED = ['SIGCONT', 'SIGWINCH'];
/** Whoever has none of them in a table may send their numbers. */
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
  for (const signal of SURVIVED)
    await small.host.signal(small.address('worker'), signal as 'SIGCONT');
  const deadly = PANE_SIGNALS.filter((signal) => !SURVIVED.includes(signal));
  for (const signal of deadly) {
    await small.host.signal(small.address('worker'), signal);
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
    await small.host.start(small.address('clean'));
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
          "sleep 1000 & echo $! > mine; setsid -f sh -c 'echo $$ > daemon; exec sleep 1000'; " +
          'until [ -s daemon ]; do sleep 0.05; done; sleep 1000 & wait',
      },
      NEIGHBOUR,
    ],
  });
  const pidIn = (name: string) =>
    eventually(name, () => {
      const path = join(small.directory, name);
      return existsSync(path) ? Number(readFileSync(path, 'utf8')) : undefined;
    });
  const mine = await pidIn('mine');
  const daemon = await pidIn('daemon');
  try {
    await small.host.stop(small.address('worker'));
    expect(await small.pane('worker')).toMatchObject({ state: 'stopped' });
    await eventually('its child is gone', () => !isAlive(mine));
    expect(isAlive(daemon)).toBe(true);
    expect(await small.pane('neighbour')).toMatchObject({ state: 'running', restarts: 0 });
  } finally {
    process.kill(daemon, 'SIGKILL');
  }
});
