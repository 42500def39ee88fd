import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createConnection, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { BusyError, RefusedError, UsageError } from '../../../../src/base/errors.js';
import { exitCodeOf } from '../../../../src/base/exit-codes.js';
import type { NewHostEvent } from '../../../../src/base/host-event.js';
import { paneName, sessionName } from '../../../../src/base/ids.js';
import type { PaneRequest } from '../../../../src/base/pane.js';
import { askDoor } from '../../../../src/host/pane-door/door-client.js';
import { DoorKey } from '../../../../src/host/pane-door/door-key.js';
import { DoorServer } from '../../../../src/host/pane-door/door-server.js';
import { PaneDoor } from '../../../../src/host/pane-door/pane-door.js';
import { openLogger } from '../../../../src/log/logger.js';
import { count } from '../../../helpers/counts.js';
import { eventually } from '../../../helpers/eventually.js';
import { FakeClock } from '../../../helpers/fake-clock.js';

const PAIR = sessionName('pair');
const WORKER = paneName('worker');
const PLAN = {
  name: PAIR,
  panes: [
    { name: paneName('engine'), mayReach: [paneName('worker')] },
    { name: paneName('worker'), mayReach: undefined },
    { name: paneName('state'), mayReach: [] },
  ],
};
const SEND = { verb: 'send', text: 'go on', enter: true } as const;

let directory = '';
let path = '';
let clock = new FakeClock();
let done: unknown[] = [];
let events: NewHostEvent[] = [];
let failing: Error | undefined;
let server: DoorServer | undefined;
let key: DoorKey;
const sockets: Socket[] = [];

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'triad-door-'));
  path = join(directory, 'door.sock');
  clock = new FakeClock();
  done = [];
  events = [];
  key = await DoorKey.open(join(directory, 'key'));
  await openDoor();
});

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await server?.close();
  rmSync(directory, { recursive: true, force: true });
});

async function openDoor(capture = () => Promise.resolve(['what it ', 'shows\n'])): Promise<void> {
  const log = openLogger({ level: 'error', destination: { write: () => undefined } });
  const ask = async (pane: string, { verb, ...request }: PaneRequest) => {
    if (verb === 'capture') return capture();
    if (failing !== undefined) throw failing;
    done.push([verb, pane, request]);
    return [];
  };
  const record = (event: NewHostEvent) => void events.push(event);
  const door = new PaneDoor({ plan: () => PLAN, key, ask, record, clock, log });
  server = await DoorServer.listen({ path, door, clock, log });
}

function ask(from: string, target: string, what: PaneRequest, session = PAIR): Promise<string> {
  return askDoor(path, { token: key.tokenOf(session, paneName(from)), target, ask: what });
}

/** The neighbour that is allowed: whatever somebody else does, this works. */
async function expectNeighbour(): Promise<void> {
  expect(await ask('worker', 'engine', SEND)).toBe('');
  expect(done.at(-1)).toEqual(['send', 'engine', { text: 'go on', enter: true }]);
}

function connect(): Socket {
  const socket = createConnection(path);
  socket.on('error', () => undefined);
  sockets.push(socket);
  return socket;
}

/** Lets the time pass in which refusals are held back. */
async function settled<T>(asked: Promise<T>): Promise<T> {
  let isSettled = false;
  const done = () => {
    isSettled = true;
  };
  asked.then(done, done);
  await eventually('what was asked is settled', () => {
    clock.pass(250);
    return isSettled;
  });
  return asked;
}

async function refusal(asked: Promise<unknown>) {
  const error: unknown = await settled(asked).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  return { exitCode: exitCodeOf(error), message: error instanceof Error ? error.message : '' };
}

test('a pane types, presses keys, signals and captures, and the record never has the text', async () => {
  await ask('engine', 'worker', SEND);
  await ask('engine', 'pair:worker', { verb: 'keys', keys: ['C-c', 'Enter'] });
  await ask('engine', 'worker', { verb: 'signal', signal: 'SIGTERM' });
  const shown = await ask('engine', 'worker', { verb: 'capture', lines: 'screen', ansi: false });
  expect(shown).toBe('what it shows\n');
  expect(done).toEqual([
    ['send', WORKER, { text: 'go on', enter: true }],
    ['keys', WORKER, { keys: ['C-c', 'Enter'] }],
    ['signal', WORKER, { signal: 'SIGTERM' }],
  ]);
  expect(events.map(({ kind, pane, by, text }) => [kind, pane, by, text])).toEqual([
    ['pane-signalled', WORKER, 'pane:engine', 'engine sent 5 bytes to worker'],
    ['pane-signalled', WORKER, 'pane:engine', 'engine pressed 2 keys in worker'],
    ['pane-signalled', WORKER, 'pane:engine', 'engine sent SIGTERM to worker'],
    ['pane-signalled', WORKER, 'pane:engine', 'engine captured worker'],
  ]);
  expect(JSON.stringify(events)).not.toContain('go on');
});

test.each([
  ['a pane that mayReach leaves out', 'engine', 'state', 'engine may not reach state'],
  ['one that is not there', 'engine', 'nobody', 'engine may not reach nobody'],
  ['one that is not there, where all may be', 'worker', 'nope', 'there is no pane nope in pair'],
  ['one of another session', 'engine', 'other:worker', 'engine may not reach other:worker'],
  ['any, with an empty list', 'state', 'worker', 'state may not reach worker'],
  ['itself, but for a capture', 'worker', 'worker', 'worker may only capture itself'],
  ['one with a false name', 'engine', '\u001b]0;x', 'engine may not reach \\x1b]0;x'],
])('a pane may not reach %s, and that is on record', async (_, from, to, message) => {
  expect(await refusal(ask(from, to, SEND))).toEqual({ exitCode: 77, message });
  expect(done).toEqual([]);
  expect(events).toMatchObject([{ kind: 'pane-refused', by: `pane:${from}` }]);
  await expectNeighbour();
});

test('a pane may capture itself', async () => {
  expect(
    await ask('state', 'state', { verb: 'capture', lines: 5, ansi: true, join: true }),
  ).not.toBe('');
});

test.each([
  ['none', () => ''],
  ['a guessed one', () => `worker:${'0'.repeat(64)}`],
  ['one with another name on it', () => key.tokenOf(PAIR, paneName('worker')).replace('w', 'W')],
  ['one for another pane', () => `engine:${key.tokenOf(PAIR, paneName('worker')).split(':')[1]}`],
  ["another session's", () => key.tokenOf(sessionName('other'), paneName('worker'))],
])('who has no right token but %s is refused', async (_, token) => {
  const asked = askDoor(path, { token: token(), target: 'engine', ask: SEND });
  expect(await refusal(asked)).toEqual({ exitCode: 77, message: 'this is no pane of pair' });
  expect(events).toMatchObject([{ kind: 'pane-refused', pane: null }]);
  expect(done).toEqual([]);
  await expectNeighbour();
});

test('tokens live over a restart of the host, and their key is closed to others', async () => {
  const token = key.tokenOf(PAIR, paneName('worker'));
  await server?.close();
  key = await DoorKey.open(join(directory, 'key'));
  await openDoor();
  expect(await askDoor(path, { token, target: 'engine', ask: SEND })).toBe('');
  expect(statSync(join(directory, 'key')).mode & 0o777).toBe(0o600);
  writeFileSync(join(directory, 'key'), 'short');
  await expect(DoorKey.open(join(directory, 'key'))).rejects.toThrow('must be 32 bytes');
});

test(`${count(1_000, 10_000)} requests at once: a pane gets its share, the record stays short, the neighbour works`, async () => {
  let refused = 0;
  const many = count(1_000, 10_000);
  const loop = async () => {
    for (let each = 0; each < many / 50; each += 1) {
      await ask('engine', 'worker', SEND).catch((error: unknown) => {
        if (error instanceof RefusedError) refused += 1;
      });
    }
  };
  await settled(Promise.all(Array.from({ length: 50 }, loop)));
  expect(done.length).toBeLessThanOrEqual(100 * (1 + Math.floor(clock.elapsed() / 10_000)));
  expect(refused).toBe(many - done.length);
  const refusals = events.filter(({ kind }) => kind === 'pane-refused').length;
  expect(refusals).toBeGreaterThanOrEqual(5);
  expect(refusals).toBeLessThanOrEqual(5 * (1 + Math.floor(clock.elapsed() / 60_000)));
  await expectNeighbour();
  clock.pass(60_000);
  expect(await ask('engine', 'worker', SEND)).toBe('');
});

test('a pane that asks all day pushes nobody else off the record, which counts what it leaves out', async () => {
  const keys = { verb: 'keys', keys: ['Enter'] } as const;
  for (let each = 0; each < 30; each += 1) {
    await ask('worker', 'engine', SEND);
    await ask('worker', 'engine', keys);
  }
  await ask('worker', 'state', SEND);
  const of = (verb: string) => events.filter(({ facts }) => facts['verb'] === verb);
  expect([of('send').length, of('keys').length, done.length]).toEqual([21, 20, 61]);
  clock.pass(60_000);
  await ask('worker', 'engine', SEND);
  expect(events.at(-1)?.facts).toMatchObject({ verb: 'send', suppressed: 10 });
});

test('a pane may ask for four things at once; a fifth is refused, and others are not', async () => {
  await server?.close();
  const answers: (() => void)[] = [];
  await openDoor(() => new Promise((resolve) => answers.push(() => resolve(['late\n']))));
  const capture = { verb: 'capture', lines: 'all', ansi: false } as const;
  const waiting = Array.from({ length: 4 }, () => ask('engine', 'worker', capture));
  await eventually('four captures are under way', () => answers.length === 4);
  expect(await refusal(ask('engine', 'worker', SEND))).toMatchObject({ exitCode: 1 });
  await expectNeighbour();
  for (const answer of answers) answer();
  expect(await Promise.all(waiting)).toEqual(Array(4).fill('late\n'));
});

test('half requests are dropped after their time and for newer ones, and keep nobody out', async () => {
  const half = Array.from({ length: 200 }, connect);
  for (const socket of half) socket.write('{"token":"');
  const gone = () => half.filter(({ destroyed }) => destroyed).length;
  await eventually('those that were too many are dropped', () => gone() === 72);
  expect(server?.dropped).toBe(72);
  await expectNeighbour();
  clock.pass(5_000);
  await eventually('all half requests are dropped', () => half.every(({ destroyed }) => destroyed));
  await expectNeighbour();
});

test.each([
  ['longer than 256 KiB', 'x'.repeat(300_000), 'more than 262144 bytes'],
  ['no JSON', ' !\n', 'no JSON'],
  [
    'deeper than any',
    `,"ask":${'['.repeat(100_000)}${']'.repeat(100_000)}}\n`,
    'more in it than a request has',
  ],
  [
    'of more parts than any',
    `,"ask":[${'1,'.repeat(100_000)}1]}\n`,
    'more in it than a request has',
  ],
])('a request that is %s is refused in words', async (_, text, got) => {
  const socket = connect();
  let answer = '';
  socket.on('data', (piece) => {
    answer += piece.toString();
  });
  socket.write(`{"token":"${key.tokenOf(PAIR, paneName('engine'))}"${text}`);
  await eventually('the connection has ended', () => socket.destroyed);
  const message = `expected one line of JSON, got ${got}`;
  expect(JSON.parse(answer)).toEqual({ failure: { code: 'refused', message } });
  await expectNeighbour();
});

test('who has no token waits for the refusal, nothing more of them is read, and nobody is kept out', async () => {
  const strangers = Array.from({ length: 100 }, connect);
  let told = 0;
  for (const socket of strangers) {
    socket.once('data', () => {
      told += 1;
    });
    socket.write('['.repeat(1_000_000));
  }
  await eventually('the first five refusals are on record', () => events.length === 5);
  await expectNeighbour();
  expect(told).toBe(0);
  expect(strangers.every(({ writableLength }) => writableLength > 0)).toBe(true);
  await eventually('all refusals are told', () => {
    clock.pass(250);
    return told === 100;
  });
  await expectNeighbour();
});

test.each([
  ['another verb', { verb: 'restart' }],
  ['a signal that is none', { verb: 'signal', signal: 'SIGSTOP' }],
  ['a field too many', { ...SEND, session: 'other' }],
])('%s is refused', async (_, what) => {
  const request = { token: key.tokenOf(PAIR, paneName('engine')), target: 'worker', ask: what };
  const asked = askDoor(path, request as Parameters<typeof askDoor>[1]);
  expect(await refusal(asked)).toMatchObject({
    exitCode: 1,
    message: 'the pane door takes send, keys, signal, capture',
  });
  expect(done).toEqual([]);
  await expectNeighbour();
});

test.each([
  ['too long', new UsageError('text must be at most 65536 bytes, got 65537'), 64],
  ['for a pane that somebody types into', new BusyError('somebody has been typing'), 75],
])('a text %s is answered by whoever would type it', async (_, error, exitCode) => {
  failing = error;
  const text = 'x'.repeat(64 * 1024 + 1);
  const asked = ask('engine', 'worker', { ...SEND, text });
  expect(await refusal(asked)).toMatchObject({ exitCode, message: error.message });
  failing = undefined;
  await expectNeighbour();
});

test('a door that nobody answers is told as such', async () => {
  await server?.close();
  expect(await refusal(ask('engine', 'worker', SEND))).toMatchObject({ exitCode: 69 });
});
