import { spawn } from 'node:child_process';
import { readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { askToListen } from '../../../../src/host/triad/process-facts.js';
import { eventually } from '../../../helpers/eventually.js';
import {
  isAlive,
  KeeperPane,
  runningPid,
  runToEnd,
  shell,
  stateWhere,
} from '../../../helpers/keeper-pane.js';

test('a keeper that has run nothing says so', async () => {
  await using pane = new KeeperPane();
  const keeper = await pane.connect();
  expect(keeper.state).toEqual({
    running: false,
    pid: null,
    starts: 0,
    startedAt: null,
    exit: null,
    hungUp: false,
  });
});

test('a start is reported with the pid of the command, and its end with the status', async () => {
  await using pane = new KeeperPane();
  const keeper = await pane.connect();
  keeper.start(shell('echo "I am $$."; read -r line; exit 3'));
  const running = await stateWhere(keeper, (state) => state.running);
  expect(running).toMatchObject({ starts: 1, exit: null });
  await eventually('the command wrote', () => pane.screen().includes(`I am ${running.pid}.`));
  pane.tmux('send-keys', '-t', pane.paneId, 'Enter');
  const ended = await stateWhere(keeper, (state) => !state.running);
  expect(ended).toMatchObject({ pid: null, starts: 1, exit: { status: 3, signal: 0 } });
  await eventually('the end is on the pane', () =>
    pane.screen().includes('[triad: worker exited with status 3]'),
  );
});

test('a signal reaches every process of the command', async () => {
  await using pane = new KeeperPane();
  const keeper = await pane.connect();
  const child = 'trap "echo child has it" USR1; echo child is ready; while :; do sleep 0.1; done';
  keeper.start(shell(`trap "echo parent has it" USR1; sh -c '${child}'`));
  await eventually('the command and its child are ready', () =>
    pane.screen().includes('child is ready'),
  );
  keeper.signal('SIGUSR1');
  await eventually('the child has it', () => pane.screen().includes('child has it'));
  keeper.signal('SIGKILL');
  await stateWhere(keeper, (state) => state.exit?.signal === 9);
});

test('a command that a signal ended is reported with the signal', async () => {
  await using pane = new KeeperPane();
  const keeper = await pane.connect();
  keeper.start(shell('exec sleep 1000'));
  keeper.signal('SIGTERM');
  const ended = await stateWhere(keeper, (state) => state.exit !== null);
  expect(ended.exit).toMatchObject({ status: 0, signal: 15 });
  await eventually('the end is on the pane', () =>
    pane.screen().includes('[triad: worker was ended by SIGTERM]'),
  );
});

test('what is left of the group of a command that ended is hung up', async () => {
  await using pane = new KeeperPane();
  const keeper = await pane.connect();
  await runToEnd(keeper, shell('sleep 1000 & echo "child $!."'));
  const child = await eventually('the child said so', () => /child (\d+)/.exec(pane.screen())?.[1]);
  await eventually('the child is gone', () => !isAlive(Number(child)));
});

test('the pane and its process stay the same over restarts', async () => {
  await using pane = new KeeperPane();
  const keeper = await pane.connect();
  await runToEnd(keeper, shell('exit 1'));
  await runToEnd(keeper, shell('exit 2'));
  expect(keeper.state).toMatchObject({ starts: 2, exit: { status: 2 } });
  const format = '#{pane_id} #{pane_pid} #{pane_dead}';
  expect(pane.format(format)).toBe(`${pane.paneId} ${pane.keeperPid} 0`);
});

test('a start while the command runs is ignored', async () => {
  await using pane = new KeeperPane();
  const keeper = await pane.connect();
  keeper.start(shell('read -r line'));
  const first = await stateWhere(keeper, (state) => state.running);
  keeper.start(shell('exit 9'));
  keeper.signal('SIGKILL');
  const ended = await stateWhere(keeper, (state) => !state.running);
  expect(ended).toMatchObject({ starts: first.starts, exit: { signal: 9 } });
});

test.each([
  { program: 'no-such-program', cwd: '/', status: 127, told: 'run no-such-program: No such file' },
  { program: '/etc/passwd', cwd: '/', status: 126, told: 'run /etc/passwd: Permission denied' },
  { program: 'true', cwd: '/no/folder', status: 127, told: 'enter /no/folder: No such file' },
  { program: 'true', cwd: '/etc/passwd', status: 126, told: 'enter /etc/passwd: Not a directory' },
])('it is reported as $status when it cannot $told', async ({ program, cwd, status, told }) => {
  await using pane = new KeeperPane();
  const keeper = await pane.connect();
  // A folder on the path that may not be read would make every unknown program 126.
  const env = { PATH: '/usr/bin:/bin' };
  const ended = await runToEnd(keeper, { cwd, env, argv: [program] });
  expect(ended.exit).toMatchObject({ status, signal: 0 });
  await eventually('the reason is on the pane', () =>
    pane.screen().includes(`triad: cannot ${told}`),
  );
});

test('the environment given is added to that of tmux, and PATH decides what is found', async () => {
  await using pane = new KeeperPane();
  const keeper = await pane.connect();
  writeFileSync(join(pane.directory, 'greet'), '#!/bin/sh\necho "hi $NAME $TMUX_PANE"\n', {
    mode: 0o755,
  });
  const PATH = `${pane.directory}:/usr/bin:/bin`;
  await runToEnd(keeper, { cwd: '/', env: { NAME: 'ann=1', PATH }, argv: ['greet'] });
  await eventually('the command has printed its environment', () =>
    pane.screen().includes(`hi ann=1 ${pane.paneId}`),
  );
});

test('a command starts with its own descriptors, default signals and none blocked', async () => {
  await using pane = new KeeperPane();
  const keeper = await pane.connect();
  // No shell between: it would clear the mask itself.
  const signals = ['grep', '-E', 'Sig(Blk|Ign)', '/proc/self/status'];
  await runToEnd(keeper, { cwd: '/', env: {}, argv: signals });
  await runToEnd(keeper, { cwd: '/', env: {}, argv: ['ls', '-x', '/proc/self/fd'] });
  await eventually('both runs have ended', () => pane.screen().split('status 0]').length === 3);
  expect(pane.screen()).toMatch(/SigBlk:\s0{16}\nSigIgn:\s0{16}\n/);
  // 3 is the folder that `ls` reads.
  expect(pane.screen()).toMatch(/\n0 +1 +2 +3\n/);
});

test('what is secret is in no argument list and not in the keeper', async () => {
  await using pane = new KeeperPane();
  const keeper = await pane.connect();
  const secret = `secret-${process.hrtime.bigint()}`;
  keeper.start({ cwd: '/', env: { TOKEN: secret }, argv: ['sleep', '1000'] });
  const pid = await runningPid(keeper);
  const environment = () => readFileSync(`/proc/${pid}/environ`, 'latin1');
  await eventually('the command has it', () => environment().includes(secret));
  expect(readFileSync(`/proc/${pane.keeperPid}/environ`, 'latin1')).not.toContain(secret);
  expect(allArgumentLists()).not.toContain(secret);
});

test('closing the pane ends the command and the keeper, and the socket is gone', async () => {
  await using pane = new KeeperPane();
  const keeper = await pane.connect();
  pane.tmux('split-window', '-d', 'cat');
  keeper.start(shell('sleep 1000'));
  const pid = await runningPid(keeper);
  pane.tmux('kill-pane', '-t', pane.paneId);
  await keeper.closed;
  await eventually('the keeper ended', () => !isAlive(pane.keeperPid));
  expect(isAlive(pid)).toBe(false);
  expect(statSync(pane.socketPath, { throwIfNoEntry: false })).toBeUndefined();
});

test('a command that ignores everything is killed after its pane was closed', async () => {
  await using pane = new KeeperPane();
  const keeper = await pane.connect();
  pane.tmux('split-window', '-d', 'cat');
  keeper.start(shell('trap "" HUP TERM; echo deaf; while :; do sleep 1000; done'));
  const pid = await runningPid(keeper);
  await eventually('the command ignores its hang-up', () => pane.screen().includes('deaf'));
  pane.tmux('kill-pane', '-t', pane.paneId);
  await stateWhere(keeper, (state) => state.exit?.signal === 9);
  expect(isAlive(pid)).toBe(false);
  await eventually('the keeper ended', () => !isAlive(pane.keeperPid));
});

test('a keeper whose terminal hung up uses no processor while it waits', async () => {
  await using pane = new KeeperPane();
  const keeper = await pane.connect();
  pane.tmux('split-window', '-d', 'cat');
  keeper.start(shell('trap "" HUP; echo deaf; while :; do sleep 1000; done'));
  await eventually('the command ignores its hang-up', () => pane.screen().includes('deaf'));
  pane.tmux('kill-pane', '-t', pane.paneId);
  let ticks = 0;
  await eventually('the keeper ended', () => {
    ticks = Math.max(ticks, processorTicks(pane.keeperPid) ?? 0);
    return !isAlive(pane.keeperPid);
  });
  // A spin for the two seconds until SIGTERM would be 200.
  expect(ticks).toBeLessThan(50);
});

test('signals to the keeper itself change nothing', async () => {
  await using pane = new KeeperPane();
  const keeper = await pane.connect();
  for (const signal of ['SIGTERM', 'SIGHUP', 'SIGINT', 'SIGQUIT', 'SIGTSTP', 'SIGPIPE'] as const) {
    process.kill(pane.keeperPid, signal);
  }
  await runToEnd(keeper, shell('exit 5'));
  expect(keeper.state.exit?.status).toBe(5);
});

test('a socket that was deleted is made again when the keeper is asked, with all it knows', async () => {
  await using pane = new KeeperPane();
  const first = await pane.connect();
  await runToEnd(first, shell('exit 5'));
  first.start(shell('exec sleep 1000'));
  const pid = await runningPid(first);
  rmSync(pane.socketPath);
  expect(askToListen(pane.keeperPid)).toBe(true);
  const second = await pane.connect();
  expect(second.state).toMatchObject({ running: true, pid, starts: 2, exit: { status: 5 } });
  expect(statSync(pane.socketPath).mode & 0o777).toBe(0o600);
  const socket = statSync(pane.socketPath).ino;
  askToListen(pane.keeperPid);
  first.signal('SIGKILL');
  await stateWhere(second, ({ running }) => !running);
  expect(statSync(pane.socketPath).ino).toBe(socket);
});

test('a keeper that cannot make its socket goes on, and makes it once it can', async () => {
  await using pane = new KeeperPane();
  const keeper = await pane.connect();
  const elsewhere = `${pane.directory}.moved`;
  renameSync(pane.directory, elsewhere);
  askToListen(pane.keeperPid);
  await runToEnd(keeper, shell('exit 3'));
  renameSync(elsewhere, pane.directory);
  rmSync(pane.socketPath);
  askToListen(pane.keeperPid);
  const again = await pane.connect();
  expect(again.state).toMatchObject({ starts: 1, exit: { status: 3 } });
});

test('a process that the signal would end is not asked for its socket', async () => {
  const other = spawn('sleep', ['1000']);
  try {
    expect(askToListen(other.pid ?? 0)).toBe(false);
    expect(isAlive(other.pid ?? 0)).toBe(true);
  } finally {
    other.kill('SIGKILL');
  }
});

test('200 runs leave no descriptor and no process behind', async () => {
  await using pane = new KeeperPane();
  const keeper = await pane.connect();
  await runToEnd(keeper, shell('exit 0'));
  const before = pane.keeperDescriptors();
  for (let run = 0; run < 200; run++) {
    await runToEnd(keeper, { cwd: '/', env: {}, argv: ['true'] });
  }
  expect(pane.keeperDescriptors()).toEqual(before);
  expect(readFileSync(childrenPath(pane.keeperPid), 'utf8')).toBe('');
});

function allArgumentLists(): string {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.map((pid) => readIfThere(`/proc/${pid}/cmdline`)).join('\n');
}

function childrenPath(pid: number): string {
  return `/proc/${pid}/task/${pid}/children`;
}

/** Processor time used, in ticks of 10 ms; undefined when the process is gone. */
function processorTicks(pid: number): number | undefined {
  const fields = readIfThere(`/proc/${pid}/stat`).split(') ')[1]?.split(' ');
  return fields === undefined ? undefined : Number(fields[11]) + Number(fields[12]);
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}
