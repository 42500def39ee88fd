import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createConnection, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { InvariantError } from '../../../../src/base/errors.js';
import { KeeperConnection } from '../../../../src/host/keeper/keeper-connection.js';
import { MAX_MESSAGE_BYTES } from '../../../../src/host/keeper/keeper-protocol.js';
import { eventually } from '../../../helpers/eventually.js';
import {
  KeeperPane,
  runningPid,
  runToEnd,
  shell,
  stateWhere,
} from '../../../helpers/keeper-pane.js';

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'triad-keeper-test-'));
});
afterAll(() => {
  rmSync(directory, { recursive: true });
});

test('the command and what happened meanwhile survive a manager that was killed', async () => {
  await using pane = new KeeperPane();
  const first = await pane.connect();
  first.start(shell('read -r line; exit 7'));
  const pid = await runningPid(first);
  const manager = spawn(process.execPath, [
    '-e',
    `require('net').connect(process.argv[1]).on('data', () => console.log('connected'))`,
    pane.socketPath,
  ]);
  await new Promise((resolve) => manager.stdout.once('data', resolve));
  manager.kill('SIGKILL');
  first.close();
  await first.closed;
  const second = await pane.connect();
  expect(second.state).toMatchObject({ running: true, pid, starts: 1, exit: null });
  second.close();
  await second.closed;
  pane.tmux('send-keys', '-t', pane.paneId, 'Enter');
  await eventually('the first command has ended', () =>
    pane.screen().includes('exited with status 7'),
  );
  const third = await pane.connect();
  expect(third.state).toMatchObject({ running: false, starts: 1, exit: { status: 7, signal: 0 } });
});

test('up to four managers hear each change, a fifth is turned away', async () => {
  await using pane = new KeeperPane();
  const [first, ...others] = await Promise.all([1, 2, 3, 4].map(() => pane.connect()));
  const refused = createConnection(pane.socketPath);
  await closing(refused);
  if (first === undefined) throw new Error('no connection');
  await runToEnd(first, shell('exit 4'));
  for (const other of others) await stateWhere(other, (state) => state.exit?.status === 4);
  first.close();
  await first.closed;
  await pane.connect();
});

test('only the user of the keeper may open its socket', async () => {
  await using pane = new KeeperPane();
  await pane.connect();
  expect(statSync(pane.socketPath).mode & 0o777).toBe(0o600);
});

test('the socket of a keeper that was killed is replaced by the next one', async () => {
  await using pane = new KeeperPane();
  const keeper = await pane.connect();
  process.kill(pane.keeperPid, 'SIGKILL');
  await keeper.closed;
  expect(statSync(pane.socketPath).isSocket()).toBe(true);
  pane.tmux('respawn-pane', '-k', '-t', pane.paneId, pane.keeperPath, pane.socketPath, 'worker');
  const next = await pane.connect();
  await runToEnd(next, shell('exit 6'));
  expect(next.state).toMatchObject({ starts: 1, exit: { status: 6 } });
});

test('a keeper that ends leaves the socket of its successor alone', async () => {
  await using pane = new KeeperPane();
  const keeper = await pane.connect();
  const { ino } = statSync(pane.socketPath);
  pane.tmux('split-window', '-d', pane.keeperPath, pane.socketPath, 'worker');
  await eventually('the successor has its socket there', () => {
    const file = statSync(pane.socketPath, { throwIfNoEntry: false });
    return file !== undefined && file.ino !== ino;
  });
  const successor = await pane.connect();
  pane.tmux('kill-pane', '-t', pane.paneId);
  await keeper.closed;
  await runToEnd(successor, shell('exit 6'));
  await runToEnd(await pane.connect(), shell('exit 7'));
});

test.each([
  ['a length beyond 1 MiB', [0, 0x10, 0, 1]],
  ['the largest length', [0xff, 0xff, 0xff, 0xff]],
  ['an empty message', message('')],
  ['an unknown verb', message('stop\0now')],
  ['a start without a command', message('start\0/\0' + '0')],
  ['a start whose variables are more than its fields', message('start\0/\0' + '9\0A=1\0true')],
  ['a start with a variable without a name', message('start\0/\0' + '1\0=1\0true')],
  ['a start with a negative count', message('start\0/\0-1\0true')],
  ['a signal that does not exist', message('signal\0' + '99')],
  ['a signal 0', message('signal\0' + '0')],
  ['a signal that is no number', message('signal\0TERM')],
])('a connection that sends %s is closed, and the keeper goes on', async (_what, bytes) => {
  await using pane = new KeeperPane();
  const keeper = await pane.connect();
  const hostile = createConnection(pane.socketPath);
  hostile.write(Uint8Array.from(bytes));
  await closing(hostile);
  await runToEnd(keeper, shell('exit 8'));
  expect(keeper.state).toMatchObject({ starts: 1, exit: { status: 8 } });
});

test('a message may arrive byte by byte, and several at once', async () => {
  await using pane = new KeeperPane();
  const keeper = await pane.connect();
  const raw = createConnection(pane.socketPath);
  raw.setNoDelay(true);
  const start = message('start\0/\0' + '1\0STATUS=5\0sh\0-c\0exit $STATUS');
  for (const byte of start.subarray(0, -1)) raw.write(Uint8Array.of(byte));
  raw.write(Buffer.concat([start.subarray(-1), message('note\0one'), message('note\0two')]));
  await stateWhere(keeper, (state) => state.exit?.status === 5);
  raw.destroy();
});

test('a manager that reads nothing is closed and holds nobody up', async () => {
  await using pane = new KeeperPane();
  const keeper = await pane.connect();
  const stuck = spawn(process.execPath, [
    '-e',
    `require('net').connect(process.argv[1]).once('data', () => {
      console.log('connected');
      setImmediate(() => process.kill(process.pid, 'SIGSTOP'));
    })`,
    pane.socketPath,
  ]);
  await new Promise((resolve) => stuck.stdout.once('data', resolve));
  const before = pane.keeperDescriptors().length;
  await eventually('the stuck one was let go', async () => {
    for (let run = 0; run < 20; run += 1) {
      await runToEnd(keeper, { cwd: '/', env: {}, argv: ['true'] });
    }
    return pane.keeperDescriptors().length === before - 1;
  }).finally(() => stuck.kill('SIGKILL'));
});

test('the largest message starts a command, one byte more is refused before it is sent', async () => {
  await using pane = new KeeperPane();
  const keeper = await pane.connect();
  // Linux takes at most 128 KiB in one variable.
  const env = Object.fromEntries(
    Array.from({ length: 8 }, (_, i) => [`V${i}`, 'x'.repeat(120_000)]),
  );
  const argv = ['sh', '-c', 'exit $((${#V7} / 10000))', 'x'];
  const used = Buffer.byteLength(
    `start\0/\0` + `8\0${Object.keys(env).join('=\0')}=\0${argv.join('\0')}`,
  );
  argv.push('y'.repeat(MAX_MESSAGE_BYTES - used - 960_000 - 1));
  expect((await runToEnd(keeper, { cwd: '/', env, argv })).exit?.status).toBe(12);
  argv.push('');
  expect(() => keeper.start({ cwd: '/', env, argv })).toThrow(InvariantError);
});

test('what cannot be said is refused', async () => {
  await using pane = new KeeperPane();
  const keeper = await pane.connect();
  expect(() => keeper.start({ cwd: '/', env: {}, argv: [] })).toThrow(/must name a program/);
  expect(() => keeper.start({ cwd: '/', env: { 'A=B': '' }, argv: ['x'] })).toThrow(/A=B/);
  expect(() => keeper.start({ cwd: '/\0', env: {}, argv: ['x'] })).toThrow(/NUL/);
});

test('nobody at the socket is a deadline error that names it', async () => {
  const socketPath = join(directory, 'nobody.sock');
  await expect(KeeperConnection.connect({ socketPath, deadlineMs: 50 })).rejects.toThrow(
    socketPath,
  );
  const abort = AbortSignal.abort(new Error('no more'));
  await expect(KeeperConnection.connect({ socketPath, deadlineMs: 50, abort })).rejects.toThrow(
    'no more',
  );
});

test('a file that is no socket is an error at once', async () => {
  const socketPath = join(directory, 'file.sock');
  writeFileSync(socketPath, '');
  const connecting = KeeperConnection.connect({
    socketPath: join(socketPath, 'x'),
    deadlineMs: 60_000,
  });
  await expect(connecting).rejects.toThrow('the keeper cannot be reached');
});

test.each([
  ['no JSON', 'hello\n'],
  ['a list', '[]\n'],
  ['a state without a count', '{"running":true,"pid":1,"startedAt":0,"exit":null}\n'],
  ['a pid that is negative', '{"running":true,"pid":-1,"starts":1,"startedAt":0,"exit":null}\n'],
  ['a pid of 0 that runs', '{"running":true,"pid":0,"starts":1,"startedAt":0,"exit":null}\n'],
  ['a line without end', 'x'.repeat(2000)],
])('somebody who says %s is no keeper', async (_what, text) => {
  const socketPath = join(directory, 'impostor.sock');
  const server = createServer((socket) => socket.on('error', () => undefined).write(text));
  await new Promise<void>((resolve) => server.listen(socketPath, resolve));
  try {
    const connecting = KeeperConnection.connect({ socketPath, deadlineMs: 15_000 });
    await expect(connecting).rejects.toMatchObject({ cause: { code: 'keeper-protocol' } });
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
});

function message(payload: string): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(Buffer.byteLength(payload));
  return Buffer.concat([length, Buffer.from(payload)]);
}

async function closing(socket: Socket): Promise<void> {
  socket.on('error', () => undefined).resume();
  await new Promise((resolve) => socket.once('close', resolve));
}

test('a keeper whose pane is closed says so before its command has ended', async () => {
  await using pane = new KeeperPane();
  const keeper = await pane.connect();
  keeper.start(shell('trap "" HUP; read line; sleep 1000'));
  const pid = await runningPid(keeper);
  pane.tmux('kill-pane', '-t', pane.paneId);
  await stateWhere(keeper, ({ hungUp, running }) => hungUp && running);
  process.kill(-pid, 'SIGKILL');
  await stateWhere(keeper, ({ hungUp, exit }) => hungUp && exit?.signal === 9);
  expect(await keeper.closed).toBeUndefined();
});
