/**
 * Before the identification line the SSH library tells nobody anything: silent connections are never
 * seen, errors are swallowed, sockets stay open from our side, as do those of clients that are stopped
 * later. And a client whose line comes in three segments, as on a slow link, is refused.
 */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { AttackedTriad } from '../../helpers/attacked-triad.js';
import { count } from '../../helpers/counts.js';
import { eventually } from '../../helpers/eventually.js';
import { runSsh, SshClient, sshArguments } from '../../helpers/ssh-client.js';

const LIMITS = 'limits: {loginGraceTime: 4, clientAliveInterval: 1}\n';

let triad: AttackedTriad;

beforeAll(async () => {
  triad = await AttackedTriad.start({}, LIMITS);
});

afterAll(async () => {
  await triad[Symbol.asyncDispose]();
});

/** A TCP connection that keeps its own side open. */
async function open(): Promise<Socket> {
  const socket = connect({ port: triad.port, host: '127.0.0.1', allowHalfOpen: true });
  socket.on('error', () => undefined);
  socket.resume();
  await once(socket, 'connect');
  return socket;
}

test.each([
  ['a line of another protocol', 'GET / HTTP/1.1\r\n', /^client sent no SSH identification$/],
  ['the first version of SSH', 'SSH-1.5-x\r\n', /^client sent no SSH identification$/],
  ['a line without end', 'SSH-2.0-'.padEnd(100_000, 'x'), /^client sent a first line that is too/],
  ['garbage after the line', `SSH-2.0-x\r\n${'x'.repeat(64)}`, /^Bad packet length$/],
])('%s ends the connection, though the client keeps its side open', async (_what, sent, reason) => {
  const attack = async (): Promise<void> => {
    const socket = await open();
    socket.write(sent);
    socket.once('end', () => socket.destroy());
    await eventually('the socket is closed', () => socket.closed);
  };
  await triad.withstands(attack, { reason });
});

test('silent and stopped clients end when their time is over, and keep nobody out', async () => {
  const target = { port: triad.port, keyPath: triad.home.keyOf('dora') };
  await using stopped = new SshClient(sshArguments(target, ['-tt']));
  await stopped.sees('pair');
  const sockets: Socket[] = [];
  const attack = async (): Promise<void> => {
    stopped.process.kill('SIGSTOP');
    while (sockets.length < 8) sockets.push(await open());
    sockets[0]?.write(Buffer.alloc(200, 0x9b));
    await allEnded(sockets);
  };
  await triad.withstands(attack, { reason: /^login grace time is over$/ });
  await eventually('the other connection has ended', () => triad.hasEnded('Keepalive timeout'));
});

async function allEnded(sockets: readonly Socket[]): Promise<void> {
  const ended = ({ readableEnded }: Socket): boolean => readableEnded;
  await eventually('every socket has ended', () => sockets.every(ended));
  for (const socket of sockets) socket.destroy();
}

test('a client whose first bytes come one by one gets in', async () => {
  const relay = createServer((client) => relaySlowly(client, triad.port));
  relay.listen(0, '127.0.0.1');
  await once(relay, 'listening');
  const { port } = relay.address() as AddressInfo;
  const keyPath = triad.home.keyOf('dora');
  for (let done = 0; done < count(1, 20); done += 1) {
    expect(await runSsh({ port, keyPath }, { command: ['who'] })).toMatchObject({ code: 0 });
  }
  relay.close();
});

/** Passes on the first forty bytes one at a time, the rest as they come. */
function relaySlowly(client: Socket, port: number): void {
  const server = connect({ port, host: '127.0.0.1', noDelay: true });
  server.on('error', () => client.destroy());
  client.on('error', () => server.destroy());
  server.pipe(client);
  let single = 40;
  let sent = Promise.resolve();
  client.on('data', (chunk: Buffer) => {
    const slow = chunk.subarray(0, single);
    single -= slow.length;
    for (const byte of slow) sent = sent.then(() => writeAlone(server, byte));
    sent = sent.then(() => void server.write(chunk.subarray(slow.length)));
  });
  client.on('end', () => void sent.then(() => server.end()));
}

async function writeAlone(socket: Socket, byte: number): Promise<void> {
  await new Promise((resolve) => socket.write(Buffer.of(byte), resolve));
  await new Promise(setImmediate);
}
