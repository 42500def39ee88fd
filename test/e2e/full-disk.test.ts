import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { expect, test } from 'vitest';
import { eventually } from '../helpers/eventually.js';
import { withFileLimit } from '../helpers/file-limit.js';
import { TriadHome } from '../helpers/triad-home.js';

/** What a home loses on a disk that is emptied in haste, and that cannot be written before there is room. */
const LOST = [
  'audit.jsonl',
  'triad.log',
  'events.jsonl',
  'pane-door.key',
  'run/bin/triad',
  'run/tmux/pair/tmux.sock.pid',
];

test('a start on a full disk leads what runs, says what cannot be written, and writes it once there is room', async () => {
  await using home = await TriadHome.make();
  const first = await home.up();
  const [before] = (await home.status()).sessions;
  first.process.kill('SIGKILL');
  await first.ended;
  for (const name of LOST) rmSync(home.path(`state/${name}`), { force: true });

  const second = withFileLimit(0, () => home.begin(['up', '--listen', '127.0.0.1:0']));
  await eventually('the start names the audit as a problem', () =>
    /PROBLEM.*audit/.test(second.stderr()),
  );
  const problems = async () => {
    const { sessions, gateway } = await home.status();
    return [...sessions.flatMap((session) => session.problems), ...gateway.problems].join('\n');
  };
  await eventually('all problems are named', async () => {
    const told = await problems();
    return ['log', 'audit', 'events', 'pane doors', '`triad`', 'tmux server'].every((part) =>
      new RegExp(`${part}.*may not grow \\(EFBIG\\)`).test(told),
    );
  });
  const [session] = (await home.status()).sessions;
  expect(session).toMatchObject({ adopted: true, state: 'running' });
  expect(session?.panes[0]?.pid).toBe(before?.panes[0]?.pid);
  expect(second.stderr()).not.toContain('internal error');

  execFileSync('prlimit', ['--pid', `${second.process.pid}`, '--fsize=unlimited:']);
  await eventually('status tells no problem any more', async () => (await problems()) === '');
  const recorded = home.lines('state/audit.jsonl').map(({ event }) => event);
  expect(recorded).toContain('gateway-started');
  const log = home.read('state/triad.log');
  expect(log).toContain('lines of this log could not be written before this one');
  second.process.kill('SIGTERM');
  expect((await second.ended).code).toBe(0);
});
