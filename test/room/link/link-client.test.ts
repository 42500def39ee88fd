import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Http2Server } from 'node:http2';
import { createConnection, createServer as createNetServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { LoopShare } from '../../../src/base/loop-share.js';
import { openLinkClient } from '../../../src/link/link-client.js';
import { LinkLostError } from '../../../src/link/link-lost.js';
import { LinkServer } from '../../../src/link/link-server.js';
import { layoutMessage, outputMessages } from '../../../src/link/mirror-messages.js';
import { openLogger } from '../../../src/log/logger.js';
import { eventually } from '../../helpers/eventually.js';
import { PAIR, SmallHost } from '../../helpers/small-host.js';

let folder = '';
let path = '';
let lines: string[] = [];
const log = openLogger({ level: 'info', destination: { write: (line) => void lines.push(line) } });

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'triad-link-'));
  path = join(folder, 'link.sock');
  lines = [];
});
afterEach(() => rmSync(folder, { recursive: true }));

function openClient() {
  const client = openLinkClient({ path, log, share: new LoopShare() });
  return { client, [Symbol.dispose]: () => client.close() };
}

async function serve(small: SmallHost): Promise<LinkServer> {
  const server = await LinkServer.listen({ path, log, taken: () => new Error('taken') });
  server.serve(small.link);
  return server;
}

/** Something that is no host, on the socket: each request gets `answer`. */
async function pretend(answer: string): Promise<Http2Server> {
  const server = createServer();
  server.on('stream', (stream) => {
    stream.resume();
    stream.respond({ ':status': 200 });
    stream.end(answer);
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  return server;
}

test('a gateway may be there before the host, and finds it when it comes', async () => {
  using opened = openClient();
  const { client } = opened;
  await expect(client.describe({})).rejects.toThrow(LinkLostError);
  const reached = client.whenReachable(AbortSignal.timeout(60_000));
  await using small = await SmallHost.start();
  const server = await serve(small);
  await reached;
  expect((await client.describe({}))[0]?.name).toBe(PAIR);
  await server.close();
});

test('a host that goes ends the views as lost, and the link is made again when it is back', async () => {
  await using small = await SmallHost.start();
  using opened = openClient();
  const { client } = opened;
  const first = await serve(small);
  await client.whenReachable(AbortSignal.timeout(60_000));
  let output = '';
  const request = {
    ...{ session: PAIR, term: 'xterm', size: { cols: 80, rows: 24 } },
    onOutput: (bytes: Uint8Array) => void (output += Buffer.from(bytes).toString('latin1')),
  };
  const mirror = { session: PAIR, onOutput: () => undefined, onLayout: () => undefined };
  const views = [await client.openDriver(request), await client.openMirror(mirror)];
  await first.close();
  for (const view of views) {
    expect(await view.ended).toEqual({ reason: 'lost', isTerminalRestored: false });
  }
  const back = client.whenReachable(AbortSignal.timeout(60_000));
  await small.restart();
  const second = await serve(small);
  await back;
  output = '';
  const view = await client.openDriver(request);
  view.write(Buffer.from('back again\r'));
  await eventually('the pane echoed', () => output.includes('back again'));
  expect((await client.describe({}))[0]?.adopted).toBe(true);
  view.close();
  await view.ended;
  await second.close();
});

/** Passes everything on to the host, until it is told to pass on nothing: as a host that got SIGSTOP. */
async function openProxy(to: string) {
  const proxyPath = join(folder, 'proxy.sock');
  const pairs: Socket[] = [];
  const proxy = createNetServer((socket) => {
    const onward = createConnection(to);
    for (const each of [socket, onward]) each.on('error', () => undefined);
    socket.pipe(onward).pipe(socket);
    pairs.push(socket, onward);
  });
  const before = process.umask(0o077);
  await new Promise<void>((resolve) => proxy.listen(proxyPath, resolve));
  process.umask(before);
  const hang = () => {
    for (const socket of pairs) socket.unpipe().pause();
  };
  const close = async () => {
    for (const socket of pairs) socket.destroy();
    await new Promise((resolve) => proxy.close(resolve));
  };
  return { path: proxyPath, hang, [Symbol.asyncDispose]: close };
}

test('a host that hangs counts as lost, and does not keep the gateway from stopping', async () => {
  await using small = await SmallHost.start();
  const server = await serve(small);
  await using proxy = await openProxy(path);
  const alive = { intervalMs: 50, limitMs: 500 };
  const client = openLinkClient({ path: proxy.path, log, alive, share: new LoopShare() });
  await client.whenReachable(AbortSignal.timeout(60_000));
  const view = await client.openDriver({
    ...{ session: PAIR, term: 'xterm', size: { cols: 80, rows: 24 } },
    onOutput: () => undefined,
  });
  proxy.hang();
  for (let key = 0; key < 2000; key += 1) view.write(Buffer.from('x'));
  expect(await view.ended).toEqual({ reason: 'lost', isTerminalRestored: false });
  client.close();
  await eventually('the link was closed', async () => {
    await expect(client.describe({})).rejects.toThrow(LinkLostError);
    return true;
  });
  await server.close();
});

test('a view that is wanted while the host is starting is for later, not an error', async () => {
  await using small = await SmallHost.start();
  const server = await LinkServer.listen({ path, log, taken: () => new Error('taken') });
  let isAsked = false;
  const client = openLinkClient({
    ...{ path, log, share: new LoopShare() },
    onReached: async (host) => {
      isAsked = true;
      await host.describe({});
    },
  });
  await eventually('the host was asked', () => isAsked);
  const request = {
    ...{ session: PAIR, term: 'xterm', size: { cols: 80, rows: 24 } },
    onOutput: () => undefined,
  };
  await expect(client.openDriver(request)).rejects.toThrow(LinkLostError);
  server.serve(small.link);
  await client.whenReachable(AbortSignal.timeout(60_000));
  const view = await client.openDriver(request);
  view.close();
  await view.ended;
  client.close();
  await server.close();
  expect(lines.join('')).not.toContain('link lost');
});

test('whoever does not wait for the host any more is forgotten', async () => {
  using opened = openClient();
  const waiting = new AbortController();
  let told = 0;
  void opened.client.whenReachable(waiting.signal).then(() => (told += 1));
  const stillWaiting = opened.client.whenReachable(new AbortController().signal);
  waiting.abort();
  await using small = await SmallHost.start();
  const server = await serve(small);
  await stillWaiting;
  expect(told).toBe(0);
  await server.close();
});

test('a call that is under way when the host goes fails as lost, not as a bug', async () => {
  await using small = await SmallHost.start();
  using opened = openClient();
  const server = await LinkServer.listen({ path, log, taken: () => new Error('taken') });
  await opened.client.whenReachable(AbortSignal.timeout(60_000));
  const asked = opened.client.describe({});
  const refused = expect(asked).rejects.toThrow(LinkLostError);
  await server.close();
  await refused;
  expect((await small.host.describe())[0]?.state).toBe('running');
});

test('a socket in a directory that others may enter is not trusted', async () => {
  chmodSync(folder, 0o755);
  await using small = await SmallHost.start();
  const server = await serve(small);
  using opened = openClient();
  if (process.getuid?.() === 0) {
    // Root can be fooled by nobody: it owns every socket.
    await opened.client.whenReachable(AbortSignal.timeout(60_000));
  } else {
    await eventually('the log tells that the folder was refused', () =>
      lines.join('').includes('others may write beside it'),
    );
    await expect(opened.client.describe({})).rejects.toThrow(LinkLostError);
  }
  await server.close();
});

test.each([
  ['no JSON', 'nonsense', 'link: '],
  ['another answer', '{"hello":true}', 'does not fit'],
  ['a version that was not offered', '{"version":9}', 'was not offered'],
])(
  'a host that answers with %s is not used, and that is logged once',
  async (_what, answer, reason) => {
    const server = await pretend(answer);
    using opened = openClient();
    let attempts = 0;
    server.on('session', () => (attempts += 1));
    await eventually('the client tried three times', () => attempts >= 3);
    await expect(opened.client.describe({})).rejects.toThrow(LinkLostError);
    const told = lines.filter((line) => line.includes('link not made'));
    expect(told).toHaveLength(1);
    expect(told[0]).toContain(reason);
    opened.client.close();
    await new Promise((resolve) => server.close(resolve));
  },
);

/** A host that speaks the link, and whose mirrors are these bytes. */
async function pretendMirror(stream: Uint8Array): Promise<Http2Server> {
  const server = createServer();
  server.on('stream', (asked, headers) => {
    asked.on('error', () => undefined).resume();
    if (headers[':path'] !== '/v1/mirror') {
      asked.respond({ ':status': 200 });
      asked.end('{"version":1}');
      return;
    }
    asked.respond({ ':status': 200 }, { waitForTrailers: true });
    asked.write(stream);
  });
  const before = process.umask(0o077);
  await new Promise<void>((resolve) => server.listen(path, resolve));
  process.umask(before);
  return server;
}

const LAYOUT = { size: { cols: 80, rows: 24 }, isZoomed: false, panes: [] };
const [OUTPUT = Buffer.alloc(0)] = outputMessages(Buffer.from('shown'));

test.each([
  ['output before its first layout', [OUTPUT]],
  ['a message of no type', [layoutMessage(LAYOUT), Buffer.from([9, 0, 0, 0, 0]), OUTPUT]],
  ['a message without an end', [layoutMessage(LAYOUT), Buffer.alloc(5, 0xff), OUTPUT]],
])('a mirror with %s has failed, and shows nothing more', async (_what, messages) => {
  const server = await pretendMirror(Buffer.concat(messages));
  using opened = openClient();
  const { client } = opened;
  await client.whenReachable(AbortSignal.timeout(60_000));
  let output = '';
  const view = await client.openMirror({
    session: PAIR,
    onOutput: (bytes) => void (output += Buffer.from(bytes).toString()),
    onLayout: () => undefined,
  });
  expect(await view.ended).toEqual({ reason: 'failed', isTerminalRestored: false });
  expect(output).toBe('');
  client.close();
  await new Promise((resolve) => server.close(resolve));
});
