/** Every socket that is given up is destroyed, whatever its peer does. */
import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { eventually } from '../../../helpers/eventually.js';
import { MESSAGE, RawSshClient, sshString, uint32 } from '../../../helpers/raw-ssh-client.js';
import { runSsh } from '../../../helpers/ssh-client.js';
import { GatewayRoom } from './room.js';

const ALIVE = { clientAliveIntervalMs: 200, clientAliveCountMax: 2 };

async function loggedIn(room: GatewayRoom): Promise<RawSshClient> {
  const raw = await RawSshClient.connect(room.port);
  await raw.logIn(room.key.path, room.key.blob);
  await raw.openSession(0, { window: 2 ** 31 });
  const size = [80, 24, 0, 0].map(uint32);
  raw.requestOnChannel(0, 'pty-req', sshString('xterm'), ...size, sshString(''));
  raw.requestOnChannel(0, 'shell');
  await raw.next([MESSAGE.channelData]);
  return raw;
}

/** Why the only connection ended. */
async function reason(room: GatewayRoom): Promise<unknown> {
  const closed = await eventually('the connection has ended', () =>
    room.log.find((line) => line['msg'] === 'connection closed'),
  );
  return closed['reason'];
}

test('a client that reads but never answers is given up after the questions', async () => {
  await using room = await GatewayRoom.open({ limits: ALIVE });
  await using raw = await loggedIn(room);
  raw.ignoreGlobalRequests();
  const questions = async (): Promise<number> => {
    await raw.next([MESSAGE.globalRequest]);
    return 1;
  };
  expect((await questions()) + (await questions())).toBe(2);
  expect(await reason(room)).toBe('Keepalive timeout');
  await expect(raw.next([MESSAGE.globalRequest])).rejects.toThrow('connection closed');
});

test('a client that answers goes on, one question after the other', async () => {
  await using room = await GatewayRoom.open({ limits: ALIVE });
  await using raw = await loggedIn(room);
  for (let answered = 0; answered < 4; answered += 1) {
    await raw.next([MESSAGE.globalRequest]);
  }
  expect(raw.isClosed).toBe(false);
  expect(room.gateway.refused.clientAliveCountMax).toBe(0);
});

test('a client that has not logged in is asked nothing and has its time', async () => {
  await using room = await GatewayRoom.open({ limits: { ...ALIVE, loginGraceTimeMs: 1500 } });
  await using _raw = await RawSshClient.connect(room.port);
  expect(await reason(room)).toBe('login grace time is over');
});

test('a client that begins a key exchange and stops there is given up after the questions', async () => {
  await using room = await GatewayRoom.open({ limits: ALIVE });
  await using raw = await loggedIn(room);
  raw.socket.pause();
  raw.startKeyExchange();
  expect(await reason(room)).toBe('Keepalive timeout');
  expect(room.attachment.isDisconnected).toBe(true);
});

test('a client with megabytes to read that reads nothing is given up all the same', async () => {
  await using room = await GatewayRoom.open({ limits: ALIVE });
  await using raw = await loggedIn(room);
  raw.socket.pause();
  room.attachment.write(Buffer.alloc(8_000_000, 'x'));
  expect(await reason(room)).toMatch(/Keepalive timeout|client does not read/);
});

test('a client that sends bytes of a packet for ever without its end is given up, too', async () => {
  await using room = await GatewayRoom.open({ limits: ALIVE });
  await using raw = await loggedIn(room);
  const ended = reason(room);
  // With AES-GCM the length is not encrypted: this one is 32 KiB.
  raw.socket.write(Buffer.from([0, 0, 0x80, 0]));
  await eventually('the connection has ended', () => {
    if (!raw.isClosed) raw.socket.write(Buffer.from([0]));
    return raw.isClosed;
  });
  expect(await ended).toBe('Keepalive timeout');
});

test.each(['', 'SSH-2.0-x', 'SSH-2.0-x\r\n'])(
  'a client that ends its half after %j and keeps the other is let go of',
  async (says) => {
    await using room = await GatewayRoom.open();
    const socket = connect({ port: room.port, host: '127.0.0.1', allowHalfOpen: true });
    socket.on('error', () => undefined);
    socket.resume();
    socket.end(says);
    expect(await reason(room)).not.toBe('login grace time is over');
    socket.destroy();
    expect((await runSsh(room.target, { command: ['status'] })).code).toBe(0);
  },
);
