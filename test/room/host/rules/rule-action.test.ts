import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  type ActionContext,
  type ActionEnd,
  doAction,
} from '../../../../src/host/rules/rule-action.js';
import { eventually } from '../../../helpers/eventually.js';
import { FakeClock } from '../../../helpers/fake-clock.js';
import { isAlive } from '../../../helpers/keeper-pane.js';

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'triad-rule-'));
});
afterAll(() => rmSync(directory, { recursive: true }));

const unused = (): Promise<void> => Promise.reject(new Error('not for this'));

function doing(changes: Partial<ActionContext> = {}): ActionContext {
  return {
    ports: { ask: unused, restart: unused, notify: unused },
    clock: new FakeClock(),
    signal: new AbortController().signal,
    cwd: directory,
    env: { PATH: process.env['PATH'] ?? '' },
    input: 'what matched\n',
    report: { session: 'pair', pane: 'engine', rule: 'oom', text: 'out of memory', time: 'now' },
    webhookHosts: ['127.0.0.1'],
    ...changes,
  };
}

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/** Posts to a server that answers like this. */
async function post(answer: Answer, changes: Partial<ActionContext> = {}): Promise<ActionEnd> {
  const server = createServer(answer);
  try {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    const url = `http://127.0.0.1:${address.port}/hook/secret`;
    return await doAction({ kind: 'webhook', url }, doing(changes));
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

test('a program gets the matched text on its standard input, and nothing of it as an argument', async () => {
  const input = '$(touch pwned); `touch pwned` "\n';
  const argv = ['sh', '-c', 'cat > seen; echo "$0 $#" >> seen; pwd >> seen'];
  expect(await doAction({ kind: 'exec', argv }, doing({ input }))).toEqual({
    ...{ failure: null, status: 0 },
  });
  expect(readFileSync(join(directory, 'seen'), 'utf8')).toBe(`${input}sh 0\n${directory}\n`);
});

test('a program that reads nothing, fails, or is not there says so', async () => {
  const run = (argv: readonly string[]): Promise<ActionEnd> =>
    doAction({ kind: 'exec', argv }, doing({ input: 'x'.repeat(4096) }));
  expect(await run(['true'])).toEqual({ failure: null, status: 0 });
  expect(await run(['false'])).toEqual({ failure: 'the program exited with 1', status: 1 });
  expect(await run(['sh', '-c', 'kill -9 $$'])).toEqual({
    ...{ failure: 'the program was ended by SIGKILL', status: null },
  });
  expect(await run(['no-such-program'])).toEqual({
    ...{ failure: 'the program cannot be run: no such program or directory', status: null },
  });
});

test('a program that takes longer than a minute is killed with all it has started', async () => {
  const clock = new FakeClock();
  const file = join(directory, 'pid');
  const argv = ['sh', '-c', `sleep 1000 & echo $! > ${file}; wait`];
  const end = doAction({ kind: 'exec', argv }, doing({ clock }));
  const failed = expect(end).rejects.toThrow('waited 60000 ms for the program');
  const pid = await eventually('the program runs', () => Number(written(file)) || undefined);
  await clock.passWith(59_999);
  expect(isAlive(pid)).toBe(true);
  await clock.passWith(1);
  await failed;
  await eventually('the program is gone', () => !isAlive(pid));
});

test('a webhook posts what happened as JSON', async () => {
  let body = '';
  const end = await post((request, response) => {
    expect([request.method, request.headers['content-type']]).toEqual(['POST', 'application/json']);
    request.on('data', (data: Buffer) => (body += data.toString()));
    request.on('end', () => response.writeHead(204).end());
  });
  expect(end).toEqual({ failure: null, status: 204 });
  expect(JSON.parse(body)).toEqual({
    ...{ session: 'pair', pane: 'engine', rule: 'oom', text: 'out of memory', time: 'now' },
  });
});

test('a webhook follows no redirect, and an answer without an end holds up nothing', async () => {
  let asked = 0;
  const redirected = await post((_request, response) => {
    asked += 1;
    response.writeHead(307, { location: '/elsewhere' }).end();
  });
  expect(redirected).toEqual({ failure: '127.0.0.1 answered 307', status: 307 });
  expect(asked).toBe(1);
  const endless = await post((_request, response) => response.writeHead(200).write('x'));
  expect(endless.failure).toBe(null);
});

test('a webhook to a host that is not on the list is not sent', async () => {
  let asked = 0;
  const end = await post(() => (asked += 1), { webhookHosts: ['127.0.0.2', 'localhost'] });
  expect(end).toEqual({ failure: '127.0.0.1 is not in webhookHosts', status: null });
  expect(asked).toBe(0);
});

test('a webhook that nobody answers is given up after ten seconds, and not sent again', async () => {
  const clock = new FakeClock();
  let asked = 0;
  const answer = (): void => {
    asked += 1;
    void clock.passWith(10_000);
  };
  await expect(post(answer, { clock })).rejects.toThrow(
    'waited 10000 ms for an answer of 127.0.0.1',
  );
  expect(asked).toBe(1);
});

test('a webhook to nobody fails without its URL', async () => {
  const url = 'http://127.0.0.1:1/hook/secret';
  const end = doAction({ kind: 'webhook', url }, doing());
  await expect(end).rejects.toThrow(/^connection refused$/);
});

function written(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
