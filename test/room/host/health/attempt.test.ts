import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import { createServer as createTcpServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  type AttemptResult,
  attemptOf,
  type TriedCheck,
} from '../../../../src/host/health/attempt.js';
import { eventually } from '../../../helpers/eventually.js';
import { isAlive } from '../../../helpers/keeper-pane.js';

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'triad-probe-'));
});
afterAll(() => rmSync(directory, { recursive: true }));

const env = { PATH: process.env['PATH'] ?? '', WORD: 'well' };
const never = new AbortController().signal;

function attempt(check: TriedCheck, signal: AbortSignal = never): Promise<AttemptResult> {
  return attemptOf(check, { cwd: directory, env })(signal);
}

function run(script: string, signal?: AbortSignal): Promise<AttemptResult> {
  return attempt({ kind: 'exec', argv: ['sh', '-c', script] }, signal);
}

async function listening(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

/** What a probe says of a server that answers like this. */
async function ask(answer: RequestListener, signal?: AbortSignal): Promise<AttemptResult> {
  const server = createServer(answer);
  try {
    const port = await listening(server);
    return await attempt({ kind: 'http', url: `http://127.0.0.1:${port}/health` }, signal);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

test('a program is well when it exits with 0, in the place and with the variables of the pane', async () => {
  const script = `[ "$PWD" = ${directory} ] && [ "$WORD" = well ] && [ -z "$HOME" ]`;
  expect(await run(script)).toEqual({ isOk: true, reason: 'sh exited with 0' });
  expect(await run('exit 3')).toEqual({ isOk: false, reason: 'sh exited with 3' });
  expect(await run('kill -9 $$')).toEqual({ isOk: false, reason: 'sh was ended by SIGKILL' });
});

test('a program that cannot be run is ill, and so is one whose place is gone', async () => {
  const missing = { kind: 'exec', argv: ['no-such-program'] } as const;
  const reason = 'cannot be run: no such program or directory';
  expect(await attempt(missing)).toEqual({ isOk: false, reason: `no-such-program ${reason}` });
  const gone = attemptOf({ kind: 'exec', argv: ['true'] }, { cwd: join(directory, 'x'), env });
  expect(await gone(never)).toEqual({ isOk: false, reason: `true ${reason}` });
});

test('a program that puts out a flood, or reads, is held up by nothing', async () => {
  expect((await run('head -c 3000000 /dev/zero; cat')).isOk).toBe(true);
});

test('when it is given up, a program goes with all it has started', async () => {
  const controller = new AbortController();
  const file = join(directory, 'pid');
  const result = run(`sleep 1000 & echo $! > ${file}; trap '' TERM; sleep 1000`, controller.signal);
  const pid = await eventually('the program runs', () => Number(written(file)) || undefined);
  controller.abort();
  expect((await result).isOk).toBe(false);
  await eventually('what it started is gone', () => !isAlive(pid));
});

test('what a program leaves behind ends with it', async () => {
  const file = join(directory, 'left');
  expect((await run(`sleep 1000 & echo $! > ${file}`)).isOk).toBe(true);
  await eventually('the program is gone', () => !isAlive(Number(written(file))));
});

test.each([
  [200, true],
  [204, true],
  [302, true],
  [399, true],
  [400, false],
  [503, false],
])('http %i is well: %s', async (status, isOk) => {
  const result = await ask((_request, response) => {
    response.writeHead(status, { location: 'http://127.0.0.1:1/' }).end();
  });
  expect(result).toEqual({ isOk, reason: `http answered ${status}` });
});

test('the answer counts as soon as it begins: a body without an end holds up nothing', async () => {
  const result = await ask((_request, response) => response.writeHead(200).write('x'));
  expect(result.isOk).toBe(true);
});

test('a server that never answers is left when the attempt is given up', async () => {
  const controller = new AbortController();
  const closed: boolean[] = [];
  const result = await ask((request) => {
    request.socket.once('close', () => closed.push(true));
    controller.abort();
  }, controller.signal);
  expect(result.isOk).toBe(false);
  await eventually('the connection is closed', () => closed[0]);
});

test('an answer that is no HTTP is ill', async () => {
  const server = createTcpServer((socket) => socket.end('SSH-2.0-x\r\n\r\n'));
  const port = await listening(server);
  const result = await attempt({ kind: 'http', url: `http://127.0.0.1:${port}/` });
  server.close();
  expect(result.isOk).toBe(false);
  expect(result.reason).toMatch(/^http failed: /);
});

test('tcp is well when it can be connected to', async () => {
  const server = createTcpServer((socket) => socket.end());
  const port = await listening(server);
  const check = { kind: 'tcp', host: '127.0.0.1', port } as const;
  expect(await attempt(check)).toEqual({
    isOk: true,
    reason: `tcp port ${port} accepts connections`,
  });
  await new Promise((resolve) => server.close(resolve));
  expect(await attempt(check)).toEqual({
    isOk: false,
    reason: `tcp port ${port}: connection refused`,
  });
});

function written(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
