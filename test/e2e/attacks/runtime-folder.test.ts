/**
 * A cleaner of temporary directories, or a careless `rm -rf state/run`, takes every socket of a running
 * Triad away: the local door, the pane doors, those of tmux, keepers and taps, and the `triad` of panes.
 */
import { chmodSync, existsSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { eventually } from '../../helpers/eventually.js';
import { SshClient, sshArguments } from '../../helpers/ssh-client.js';
import { TriadHome } from '../../helpers/triad-home.js';

const TRIAD = `sessions:
  - name: pair
    panes:
      - {name: worker, command: 'echo x >> starts; exec sh', env: {PS1: '$ '}}
`;

const startsIn = (home: TriadHome) => home.read('starts').trim().split('\n').length;

async function workerOf(home: TriadHome) {
  const status = await eventually('status answers', () => home.status().catch(() => undefined));
  return status.sessions[0]?.panes[0];
}

test('a runtime folder that is removed is there again, people stay, and nothing is started twice', async () => {
  await using home = await TriadHome.make({ triad: TRIAD });
  const up = await home.up();
  const target = { port: up.port, keyPath: home.adminKey };
  await using person = new SshClient(['-tt', ...sshArguments(target)]);
  await person.sees('worker');
  const [attached] = await home.who();
  const before = await workerOf(home);
  const folder = home.path('state/run');
  rmSync(folder, { recursive: true });
  expect(await workerOf(home)).toMatchObject({ pid: before?.pid, restarts: 0 });
  expect(statSync(folder).mode & 0o777).toBe(0o700);
  await eventually('all files are there again', () =>
    ['bin/triad', ...['tmux.sock', 'worker.keeper', 'taps.sock', 'door.sock'].map(inSession)].every(
      (name) => existsSync(join(folder, name)),
    ),
  );
  chmodSync(folder, 0o755);
  await eventually('the folder is private again', () => (statSync(folder).mode & 0o777) === 0o700);
  person.process.stdin.write('triad capture worker > /dev/null; echo door-$?\r');
  await person.sees('door-0');
  expect(await home.who()).toMatchObject([{ id: attached?.id }]);
  expect((await home.status()).gateway.problems).toEqual([]);
  up.process.kill('SIGTERM');
  expect((await up.ended).code).toBe(0);
  await home.up();
  expect(await workerOf(home)).toMatchObject({ pid: before?.pid, restarts: 0, state: 'running' });
  expect(startsIn(home)).toBe(1);
});

const inSession = (name: string) => join('tmux/pair', name);
