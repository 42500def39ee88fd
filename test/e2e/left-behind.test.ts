import { connect, createServer, type Socket } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { count } from '../helpers/counts.js';
import { eventually } from '../helpers/eventually.js';
import { type Census, censusOf } from '../helpers/process-census.js';
import { Terminal } from '../helpers/terminal.js';
import { TmuxProbe } from '../helpers/tmux-probe.js';
import { TriadHome, type Up } from '../helpers/triad-home.js';

const CYCLES = count(4, 20);

let home: TriadHome;
let up: Up;
let probe: TmuxProbe;

beforeAll(async () => {
  home = await TriadHome.make({ people: { dora: 'driver', olga: 'observer' } });
  up = await home.up();
  probe = await TmuxProbe.of(home);
  // The first attachment loads what is loaded once.
  await using first = attach('dora');
  await first.sees('driving');
});

afterAll(async () => {
  await home[Symbol.asyncDispose]();
});

function attach(person: 'dora' | 'olga', port = up.port): Terminal {
  return Terminal.ssh({ port, keyPath: home.keyOf(person) });
}

interface Holdings {
  readonly gateway: Census;
  readonly tmux: Census;
  readonly tmuxClients: number;
  readonly attachments: number;
}

async function holdings(): Promise<Holdings> {
  const tmuxPid = Number(await probe.ask('display-message', '-p', '#{pid}'));
  const tmuxClients = (await probe.clients()).length;
  const attachments = (await home.status()).attachments.length;
  return {
    gateway: censusOf(up.process.pid ?? 0),
    tmux: censusOf(tmuxPid),
    tmuxClients,
    attachments,
  };
}

async function nobodyIsThere(): Promise<Holdings> {
  let last = await holdings();
  await eventually(
    'everybody is gone',
    async () => {
      last = await holdings();
      return last.tmuxClients === 0 && last.attachments === 0 && last.gateway.children === 1;
    },
    () => JSON.stringify(last),
  );
  return last;
}

async function isLeftAsItWas(before: Holdings): Promise<void> {
  let now = await holdings();
  await eventually(
    'all that people used was given back',
    async () => {
      now = await holdings();
      return JSON.stringify(now) === JSON.stringify(before);
    },
    () => `before ${JSON.stringify(before)}\nnow ${JSON.stringify(now)}`,
  );
}

/** A wire between a client and the gateway that can be cut. */
async function openWire(): Promise<{ port: number; cut: () => void } & AsyncDisposable> {
  const sockets: Socket[] = [];
  const server = createServer((inner) => {
    const outer = connect(up.port, '127.0.0.1');
    for (const socket of [inner, outer]) socket.on('error', () => undefined);
    inner.pipe(outer).pipe(inner);
    sockets.push(inner, outer);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const cut = () => {
    for (const socket of sockets) socket.resetAndDestroy();
  };
  const close = async () => {
    cut();
    await new Promise((resolve) => server.close(resolve));
  };
  return { port, cut, [Symbol.asyncDispose]: close };
}

test(`${CYCLES} rounds of attaching and leaving leave nothing behind`, async () => {
  const before = await nobodyIsThere();
  for (let round = 0; round < CYCLES; round += 1) {
    await using driver = attach('dora');
    await using observer = attach('olga');
    await driver.sees('driving');
    await observer.sees('watching');
    driver.type('\x02d');
    observer.type('q');
    expect(await driver.status()).toBe(0);
    expect(await observer.status()).toBe(0);
  }
  await isLeftAsItWas(before);
});

test('clients that are killed leave nothing behind', async () => {
  const before = await nobodyIsThere();
  for (let round = 0; round < CYCLES; round += 1) {
    await using driver = attach('dora');
    await using observer = attach('olga');
    await driver.sees('driving');
    await observer.sees('watching');
    driver.process.kill('SIGKILL');
    observer.process.kill('SIGKILL');
  }
  await isLeftAsItWas(before);
});

test('clients that are killed before they see anything leave nothing behind', async () => {
  const before = await nobodyIsThere();
  for (let round = 0; round < CYCLES; round += 1) {
    await using driver = attach('dora');
    await eventually('the client connects', () => driver.output.includes('Permanently added'));
    driver.process.kill('SIGKILL');
  }
  await isLeftAsItWas(before);
});

test('connections that are cut leave nothing behind', async () => {
  const before = await nobodyIsThere();
  for (let round = 0; round < CYCLES; round += 1) {
    await using wire = await openWire();
    await using driver = attach('dora', wire.port);
    await using observer = attach('olga', wire.port);
    await driver.sees('driving');
    await observer.sees('watching');
    wire.cut();
    expect(await driver.status()).toBe(255);
    expect(await observer.status()).toBe(255);
  }
  await isLeftAsItWas(before);
});

test('each attachment that was opened was closed on record', () => {
  const events = home.lines('state/audit.jsonl').map((line) => String(line['event']));
  const opened = events.filter((event) => event === 'attachment-opened').length;
  const closed = events.filter((event) => event === 'attachment-closed').length;
  expect(opened).toBeGreaterThanOrEqual(CYCLES * 6);
  expect(closed).toBe(opened);
});
