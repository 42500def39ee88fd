import { fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createConnection, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { RefusedError } from '../../../../src/base/errors.js';
import { EXIT } from '../../../../src/base/exit-codes.js';
import { isAnswering } from '../../../../src/base/unix-socket.js';
import type {
  AnswerPiece,
  CommandOutcome,
} from '../../../../src/gateway/commands/command-outcome.js';
import { askControl } from '../../../../src/gateway/control/control-client.js';
import { ControlServer } from '../../../../src/gateway/control/control-server.js';
import { openLogger } from '../../../../src/log/logger.js';
import { eventually } from '../../../helpers/eventually.js';

const log = openLogger({ level: 'error', destination: { write: () => undefined } });
const REQUEST = { words: ['status'], program: 'triad', files: {} };
let folder = '';
let path = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'triad-control-'));
  path = join(folder, 'control.sock');
});
afterEach(() => rmSync(folder, { recursive: true }));

/** A request of `bytes` bytes, its end included. */
function requestOf(bytes: number): string {
  const empty = `${JSON.stringify({ words: [''], program: 'triad', files: {} })}\n`;
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

/** A gateway whose answer goes on with what `pieces` gives. */
async function openStream(pieces: NonNullable<CommandOutcome['pieces']>) {
  const handle = async () => ({ stdout: '', stderr: '', exitCode: EXIT.ok, pieces });
  const server = await ControlServer.listen({ path, handle, log });
  return { server, [Symbol.asyncDispose]: () => server.close() };
}

/** Resolves when the signal is aborted. */
const aborted = (signal: AbortSignal) =>
  new Promise((resolve) => signal.addEventListener('abort', resolve));

test('an answer that goes on comes piece by piece, and ends with its status', async () => {
  await using _server = await openStream(async function* () {
    yield { kind: 'text', text: 'one\n' };
    yield { kind: 'note', text: 'triad: trouble\n' };
    yield { kind: 'end', exitCode: EXIT.notPermitted };
  });
  const pieces: AnswerPiece[] = [];
  const onPiece = (piece: AnswerPiece) => void pieces.push(piece);
  expect(await askControl(path, REQUEST, { onPiece })).toMatchObject({ exitCode: 77 });
  expect(pieces).toEqual([
    { kind: 'text', text: 'one\n' },
    { kind: 'note', text: 'triad: trouble\n' },
  ]);
});

test('a program that goes ends what it followed, also where nothing happens', async () => {
  let hasEnded = false;
  await using _server = await openStream(async function* (signal) {
    yield { kind: 'text', text: 'one\n' };
    await aborted(signal);
    hasEnded = true;
  });
  const gone = new AbortController();
  const asked = askControl(path, REQUEST, { onPiece: () => gone.abort(), signal: gone.signal });
  await expect(asked).rejects.toThrow('aborted');
  await eventually('the gateway knows that the reader has gone', () => hasEnded);
});

test('a program that does not read holds back the answer, and nothing else', async () => {
  let taken = 0;
  await using _server = await openStream(async function* () {
    for (; ; taken += 1) yield { kind: 'text', text: 'x'.repeat(65_536) };
  });
  const slow = createConnection(path);
  slow.on('error', () => undefined);
  slow.write(`${JSON.stringify(REQUEST)}\n`);
  await eventually('some came', () => taken > 0);
  const before = await new Promise<number>((resolve) => setImmediate(() => resolve(taken)));
  expect(before).toBeLessThan(200);
  slow.destroy();
});

test('a gateway that is gone while it answers is told as such, with what to do', async () => {
  const killed = createServer((socket) => {
    socket.write('{"kind":"text","text":"one"}\n{"kind":"te', () => socket.destroy());
  }).listen(path);
  try {
    await once(killed, 'listening');
    await expect(
      askControl(path, { words: [], program: 'triad', files: {} }),
    ).rejects.toMatchObject({
      message: 'triad ended before it had answered',
      hint: 'see: triad status',
    });
  } finally {
    killed.close();
  }
});

test('a gateway that stops ends what goes on with a sentence and status 75', async () => {
  const { server } = await openStream(async function* (signal) {
    yield { kind: 'text', text: 'one\n' };
    await aborted(signal);
  });
  const notes: string[] = [];
  const onPiece = (piece: AnswerPiece) => {
    if (piece.kind === 'note') notes.push(piece.text);
    else void server.close();
  };
  expect(await askControl(path, REQUEST, { onPiece })).toMatchObject({ exitCode: 75 });
  expect(notes).toEqual(['triad: the gateway is stopping, try again later\n']);
});

test('whoever waits for long work learns every 15 s that it goes on', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  try {
    let finish: () => void = () => undefined;
    const finished = new Promise<void>((resolve) => (finish = resolve));
    let isAsked = false;
    const handle = async () => {
      isAsked = true;
      await finished;
      return { stdout: 'done', stderr: '', exitCode: EXIT.ok };
    };
    const server = await ControlServer.listen({ path, handle, log });
    const asked = raw(`${JSON.stringify(REQUEST)}\n`);
    await eventually('the request is handled', () => isAsked);
    vi.advanceTimersByTime(30_000);
    finish();
    const lines = (await asked).trimEnd().split('\n');
    expect(lines.slice(0, 2)).toEqual(['{"alive":true}', '{"alive":true}']);
    expect(lines[2]).toContain('done');
    await server.close();
  } finally {
    vi.useRealTimers();
  }
});
