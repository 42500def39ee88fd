import { fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createConnection, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { RefusedError } from '../../../src/base/errors.js';
import { EXIT } from '../../../src/base/exit-codes.js';
import { isAnswering } from '../../../src/base/unix-socket.js';
import { askControl } from '../../../src/control/control-client.js';
import { ControlServer } from '../../../src/control/control-server.js';
import { openLogger } from '../../../src/log/logger.js';

const log = openLogger({ level: 'error', destination: { write: () => undefined } });
const REQUEST = { words: ['status'], files: {} };
let folder = '';
let path = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'triad-control-'));
  path = join(folder, 'control.sock');
});
afterEach(() => rmSync(folder, { recursive: true }));

/** A request of `bytes` bytes, its end included. */
function requestOf(bytes: number): string {
  const empty = `${JSON.stringify({ words: [''], files: {} })}\n`;
  return empty.replace('""', `"${'x'.repeat(bytes - empty.length)}"`);
}

async function openServer(answer = 'hello') {
  const handle = () => Promise.resolve({ stdout: answer, stderr: '', exitCode: EXIT.ok });
  const server = await ControlServer.listen({ path, handle, log });
  return { server, [Symbol.asyncDispose]: () => server.close() };
}

/** Sends bytes and returns all that comes back until the other end closes. */
async function raw(bytes: string | Buffer): Promise<string> {
  const socket = createConnection(path);
  socket.on('error', () => undefined);
  socket.write(bytes);
  return text(socket).catch(() => '');
}

test('a request gets its answer, and the socket is its owner’s alone', async () => {
  await using _server = await openServer();
  expect(await askControl(path, REQUEST)).toEqual({ stdout: 'hello', stderr: '', exitCode: 0 });
  expect(statSync(path).mode & 0o777).toBe(0o600);
});

test('where no gateway is, there is no answer', async () => {
  expect(await askControl(path, REQUEST)).toBeUndefined();
  writeFileSync(path, '');
  expect(await askControl(path, REQUEST)).toBeUndefined();
  expect(await isAnswering(join(folder, 'none', 'control.sock'))).toBe(false);
});

test.each([
  ['no JSON', 'nonsense\n'],
  ['JSON that is no request', '{"words":"status"}\n'],
  ['a request with unknown keys', '{"words":[],"files":{},"uid":0}\n'],
  ['control characters', Buffer.from([0, 1, 2, 255, 10])],
  ['a request of more than a mebibyte', requestOf(1024 * 1024 + 1)],
])('%s is closed without an answer, and the next request is served', async (_what, bytes) => {
  await using _server = await openServer();
  expect(await raw(bytes)).toBe('');
  expect(await askControl(path, REQUEST)).toMatchObject({ stdout: 'hello' });
});

test('a request of exactly a mebibyte is served', async () => {
  await using _server = await openServer();
  expect(await raw(requestOf(1024 * 1024))).toContain('hello');
});

test('a request that never ends keeps nobody waiting, nor the server from closing', async () => {
  const { server } = await openServer();
  const slow: Socket = createConnection(path);
  slow.on('error', () => undefined);
  slow.write('{"words":');
  expect(await askControl(path, REQUEST)).toMatchObject({ stdout: 'hello' });
  const closed = once(slow, 'close');
  await server.close();
  await closed;
  expect(existsSync(path)).toBe(false);
});

test('a request that comes byte by byte is understood', async () => {
  await using _server = await openServer();
  const socket = createConnection(path);
  await once(socket, 'connect');
  for (const character of `${JSON.stringify(REQUEST)}\n`) {
    await new Promise((resolve) => socket.write(character, resolve));
  }
  expect(JSON.parse(await text(socket))).toMatchObject({ stdout: 'hello' });
});

test('an answer of another version is refused, not shown', async () => {
  const other = createServer((socket) => {
    socket.once('data', () => socket.end('{"stdout":"","version":9}\n'));
  });
  await new Promise<void>((resolve) => other.listen(path, resolve));
  await expect(askControl(path, REQUEST)).rejects.toThrow('got an answer of another version');
  other.close();
});

test('a second gateway is refused while the first answers, and takes over what a killed one left', async () => {
  {
    await using _first = await openServer('first');
    await expect(openServer('second')).rejects.toThrow(RefusedError);
    expect(await askControl(path, REQUEST)).toMatchObject({ stdout: 'first' });
  }
  const child = fork(join(import.meta.dirname, 'left-socket.cjs'), [path]);
  await once(child, 'message');
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(existsSync(path)).toBe(true);
  await using _second = await openServer('second');
  expect(await askControl(path, REQUEST)).toMatchObject({ stdout: 'second' });
});

test('of many that start at the same moment exactly one has the socket', async () => {
  const starts = await Promise.allSettled(
    Array.from({ length: 8 }, (_, index) => openServer(`${index}`)),
  );
  const servers = starts.flatMap((start) => (start.status === 'fulfilled' ? [start.value] : []));
  expect(servers).toHaveLength(1);
  expect(await askControl(path, REQUEST)).toMatchObject({ exitCode: 0 });
  for (const start of starts) {
    if (start.status === 'rejected') {
      expect(String(start.reason)).toContain('triad is running here already');
    }
  }
  await servers[0]?.server.close();
});
