import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  type OutgoingHttpHeaders,
} from 'node:http2';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { sessionName } from '../../../src/base/ids.js';
import type { PaneRequest } from '../../../src/base/pane.js';
import type { ViewEnd } from '../../../src/base/view.js';
import type {
  DriverView,
  HostLink,
  MirrorRequest,
  MirrorView,
  ViewRequest,
} from '../../../src/link/host-link.js';
import { LinkServer } from '../../../src/link/link-server.js';
import { openLogger } from '../../../src/log/logger.js';
import { eventually } from '../../helpers/eventually.js';

const log = openLogger({ level: 'error', destination: { write: () => undefined } });
const VIEW = { session: sessionName('pair'), term: 'xterm', size: { cols: 80, rows: 24 } };
let folder = '';
let path = '';
let server: LinkServer | undefined;
let gateway: ClientHttp2Session | undefined;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'triad-link-'));
  path = join(folder, 'link.sock');
});
afterEach(async () => {
  gateway?.destroy();
  await server?.close();
  rmSync(folder, { recursive: true });
});

const SEND = { verb: 'send', text: 'x', enter: true };

/** A request to type, but for what a test changes. */
function sending(changes: object): string {
  return JSON.stringify({ session: 'pair', pane: 'worker', ask: SEND, ...changes });
}

/** A view of which a test sees what was done to it. */
class SeenView<Request = ViewRequest> implements DriverView {
  readonly ended: Promise<ViewEnd>;
  readonly request: Request;
  readonly typed: string[] = [];
  readonly blocks: boolean[] = [];
  isClosed = false;
  #end: (end: ViewEnd) => void = () => undefined;

  constructor(request: Request) {
    this.request = request;
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
  }

  write(bytes: Uint8Array): boolean {
    this.typed.push(Buffer.from(bytes).toString());
    return true;
  }

  close(): void {
    this.isClosed = true;
    this.#end({ reason: 'closed', isTerminalRestored: false });
  }

  setBlocked(isBlocked: boolean): void {
    this.blocks.push(isBlocked);
  }

  resize(): void {}
  onDrain(): void {}
}

/** A host of one session that has views and nothing else. */
class ViewHost {
  readonly views: SeenView[] = [];
  readonly mirrors: SeenView<MirrorRequest>[] = [];
  readonly sent: string[] = [];

  openDriver(request: ViewRequest): Promise<DriverView> {
    return this.#open(request);
  }

  /** As the real one it tells its layout before it resolves. */
  openMirror(request: MirrorRequest): Promise<MirrorView> {
    const mirror = new SeenView(request);
    this.mirrors.push(mirror);
    request.onLayout({ size: VIEW.size, isZoomed: false, panes: [] });
    return Promise.resolve(mirror);
  }

  describe(): Promise<[]> {
    return Promise.resolve([]);
  }

  pane({ ask }: { ask: PaneRequest }): Promise<readonly string[]> {
    if (ask.verb !== 'send') throw new TypeError('a bug with /secret/path in it');
    this.sent.push(ask.text);
    return Promise.resolve([]);
  }

  #open(request: ViewRequest): Promise<SeenView> {
    const view = new SeenView(request);
    this.views.push(view);
    return Promise.resolve(view);
  }
}

async function serve(): Promise<ViewHost> {
  const host = new ViewHost();
  server = await LinkServer.listen({ path, log, taken: () => new Error('taken') });
  server.serve(host as unknown as HostLink);
  gateway = connect('http://host', { createConnection: () => createConnection(path) });
  gateway.on('error', () => undefined);
  return host;
}

/** Errors come before it, and are not what a test is about. */
function closeOf(stream: ClientHttp2Stream): Promise<void> {
  return new Promise((resolve) => stream.once('close', resolve));
}

/** A request as it stands, and what came back. */
async function post(name: string, body: string | Buffer, headers: OutgoingHttpHeaders = {}) {
  const stream = gateway?.request({ ':method': 'POST', ':path': name, ...headers });
  if (stream === undefined) throw new Error('no gateway');
  stream.on('error', () => undefined);
  const closed = closeOf(stream);
  let status = 0;
  let text = '';
  stream.on('response', (got) => (status = Number(got[':status'])));
  stream.on('data', (bytes: Buffer) => (text += bytes.toString()));
  stream.end(body);
  await closed;
  return { status, text };
}

async function openStream(kind: 'driver' | 'mirror', endStream: boolean) {
  const asked = kind === 'mirror' ? { session: VIEW.session } : VIEW;
  const header = { 'triad-view': encodeURIComponent(JSON.stringify(asked)) };
  const stream = gateway?.request(
    { ':method': 'POST', ':path': `/v1/${kind}`, ...header },
    { endStream },
  );
  if (stream === undefined) throw new Error('no gateway');
  stream.on('error', () => undefined);
  await once(stream, 'response');
  return stream;
}

/** The neighbour of every refusal: a call as it should be is still answered. */
async function expectNeighbourServed(): Promise<void> {
  expect(await post('/v1/describe', '{}')).toEqual({ status: 200, text: '[]' });
}

test('the socket is its owner’s alone, and there is only one', async () => {
  await serve();
  expect(statSync(path).mode & 0o777).toBe(0o600);
  const second = LinkServer.listen({ path, log, taken: () => new Error('another host runs here') });
  await expect(second).rejects.toThrow('another host runs here');
  await expectNeighbourServed();
});

test('a gateway that reaches for a mirror’s terminal is cut off', async () => {
  const host = await serve();
  const stream = await openStream('mirror', false);
  const closed = closeOf(stream);
  stream.write('rm -rf /\r');
  await closed;
  await eventually('the mirror was closed', () => host.mirrors[0]?.isClosed === true);
  expect(host.mirrors[0]?.typed).toEqual([]);
  const driver = await openStream('driver', false);
  driver.write('ls\r');
  await eventually('the driver typed', () => host.views[0]?.typed.join('') === 'ls\r');
  driver.close();
});

test.each([
  ['no pane', '{"session":"pair","firstLine":0,"count":1}'],
  ['a pane by its name', '{"session":"pair","pane":"worker","firstLine":0,"count":1}'],
  ['no lines', '{"session":"pair","pane":"%0","firstLine":0,"count":0}'],
  ['more lines than a page has', '{"session":"pair","pane":"%0","firstLine":0,"count":501}'],
  ['a part of a line', '{"session":"pair","pane":"%0","firstLine":0.5,"count":1}'],
])('history of %s is refused', async (_what, body) => {
  await serve();
  const { text } = await post('/v1/history', body);
  expect(JSON.parse(text)).toMatchObject({ code: 'refused' });
});

test('a mirror request with more than a session opens nothing', async () => {
  const host = await serve();
  const header = encodeURIComponent(JSON.stringify({ ...VIEW }));
  expect((await post('/v1/mirror', '', { 'triad-view': header })).status).toBe(500);
  expect(host.mirrors).toEqual([]);
});

test.each([
  ['a call that does not exist', '/v1/run', '{"argv":["sh"]}'],
  ['a version that does not exist', '/v9/describe', '{}'],
  ['no JSON', '/v1/describe', 'nonsense'],
  ['JSON that is no request', '/v1/pane', '{"session":"pair","pane":"worker"}'],
  ['a key that nobody knows', '/v1/pane', sending({ uid: 0 })],
  ['a key that nobody knows in what is asked', '/v1/pane', sending({ ask: { ...SEND, uid: 0 } })],
  ['a session that is a tmux target', '/v1/pane', sending({ session: '=a:b;kill-server' })],
  ['a pane that is a path', '/v1/pane', sending({ pane: '../x' })],
  ['text for all panes', '/v1/pane', sending({ pane: null })],
  ['a verb of tmux', '/v1/pane', sending({ ask: { verb: 'kill-server' } })],
  ['a call that every object has', '/v1/toString', '{}'],
  [
    'a negative number of lines',
    '/v1/pane',
    sending({ ask: { verb: 'capture', lines: -1, ansi: true } }),
  ],
  ['an action that is none', '/v1/supervise', '{"session":"pair","pane":null,"action":"kill"}'],
])('%s is refused with a reason, and does nothing', async (_what, name, body) => {
  const host = await serve();
  const { status, text } = await post(name, body);
  expect(status).toBe(500);
  expect(JSON.parse(text)).toMatchObject({ code: 'refused' });
  expect(host.sent).toEqual([]);
  await expectNeighbourServed();
});

test('a request that is too large is refused before it is whole', async () => {
  const host = await serve();
  const request = sending({});
  const padded = (bytes: number) => request.padEnd(bytes);
  expect((await post('/v1/pane', padded(512 * 1024))).status).toBe(200);
  expect(host.sent).toEqual(['x']);
  const { status } = await post('/v1/pane', padded(512 * 1024 + 1));
  expect([0, 500]).toContain(status);
  expect(host.sent).toEqual(['x']);
  await expectNeighbourServed();
});

/** A gateway in a process of its own, which opens one mirror. */
const OTHER_GATEWAY = `
  const [socket, view] = process.argv.slice(1);
  const createConnection = () => require('node:net').connect(socket);
  const session = require('node:http2').connect('http://host', { createConnection });
  const headers = { ':method': 'POST', ':path': '/v1/mirror', 'triad-view': view };
  const stream = session.request(headers, { endStream: true });
  stream.on('response', () => console.log('open'));
  stream.resume();
`;

test('a host stops although its gateway is stopped and takes nothing', async () => {
  const host = await serve();
  const view = encodeURIComponent(JSON.stringify({ session: VIEW.session }));
  const other = spawn(process.execPath, ['-e', OTHER_GATEWAY, path, view]);
  const ended = once(other, 'exit');
  await once(other.stdout, 'data');
  other.kill('SIGSTOP');
  // Small pieces fill the socket long before they fill the stream's window.
  for (let piece = 0; piece < 4000; piece += 1) {
    host.mirrors[0]?.request.onOutput(Buffer.alloc(60));
    await new Promise(setImmediate);
  }
  await server?.close();
  await eventually('the mirror was closed', () => host.mirrors[0]?.isClosed === true);
  other.kill('SIGKILL');
  await ended;
});

test.each([
  ['no view', ''],
  ['no JSON', 'nonsense'],
  ['a broken encoding', '%E0%A4%A'],
  [
    'a size of nothing',
    encodeURIComponent(JSON.stringify({ ...VIEW, size: { cols: 0, rows: 24 } })),
  ],
  [
    'a size without an end',
    encodeURIComponent(JSON.stringify({ ...VIEW, size: { cols: 1e9, rows: 24 } })),
  ],
  ['a way in', encodeURIComponent(JSON.stringify({ ...VIEW, command: ['sh'] }))],
])('a view request with %s opens nothing', async (_what, header) => {
  const host = await serve();
  const { status } = await post('/v1/driver', '', { 'triad-view': header });
  expect(status).toBe(500);
  expect(host.views).toEqual([]);
  await expectNeighbourServed();
});

test('a bug in the host is told by a reference, without its words', async () => {
  await serve();
  const { text } = await post('/v1/pane', sending({ ask: { verb: 'keys', keys: ['x'] } }));
  expect(text).toContain('reference');
  expect(text).not.toContain('secret');
});

test('a gateway of another version is told who speaks what', async () => {
  await serve();
  const { text } = await post('/hello', '{"versions":[7,8]}');
  expect(JSON.parse(text)).toMatchObject({
    code: 'unavailable',
    message: 'the host speaks version 1 of the link, the gateway 7, 8: upgrade the older one',
  });
  expect(await post('/hello', '{"versions":[1,7]}')).toEqual({
    status: 200,
    text: '{"version":1}',
  });
});

test('a gateway that does not read makes the host drop output, and keeps only so much of it', async () => {
  const host = await serve();
  const stream = await openStream('mirror', true);
  stream.pause();
  let received = 0;
  const piece = new Uint8Array(16_384);
  await eventually('the host held output back', () => {
    const [mirror] = host.mirrors;
    if (mirror?.blocks.length === 0) mirror.request.onOutput(piece);
    return mirror?.blocks.length === 1;
  });
  expect(host.mirrors[0]?.blocks).toEqual([true]);
  await expectNeighbourServed();
  stream.on('data', (bytes: Buffer) => (received += bytes.length));
  stream.resume();
  await eventually('the host went on', () => host.mirrors[0]?.blocks.length === 2);
  expect(received).toBeLessThan(256 * 1024);
  stream.close();
});

test('the views of a gateway that is gone are closed', async () => {
  const host = await serve();
  await openStream('driver', false);
  await openStream('mirror', true);
  gateway?.destroy();
  await eventually('driver and mirror were closed', () =>
    [host.views[0], host.mirrors[0]].every((view) => view?.isClosed === true),
  );
});

test('bytes that are no HTTP/2 disturb nobody', async () => {
  await serve();
  const garbage = createConnection(path);
  garbage.on('error', () => undefined).resume();
  const closed = once(garbage, 'close');
  garbage.write(Buffer.alloc(1024, 0xff));
  await closed;
  await expectNeighbourServed();
});
