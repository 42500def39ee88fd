/**
 * A client never stops to make progress, one byte at a time, so that no wait for it ever ends. The time
 * it has to log in runs from its connection, whatever it sends; a person who is merely slow gets in.
 */
import { expect, test } from 'vitest';
import { runSsh } from '../../../../helpers/ssh-client.js';
import { Tcp } from '../../../../helpers/tcp.js';
import { GatewayRoom } from '../room.js';

/** The head of a packet of 16 KiB, most of which is still to come. */
const PACKET_START = Buffer.from([0, 0, 0x3f, 0xfc, 4, 20]);

test.each([
  ['its identification', 'SSH-2.0-'],
  ['its key exchange', Buffer.concat([Buffer.from('SSH-2.0-x\r\n'), PACKET_START])],
])('a client that dribbles %s loses its place when its time is over', async (_what, start) => {
  await using room = await GatewayRoom.open({
    limits: { loginGraceTimeMs: 3000, perSourceMaxStartups: 1 },
  });
  await using slow = new Tcp(room.port, '127.0.0.2');
  await slow.sees('SSH-2.0-Triad');
  slow.socket.write(start);
  const dribble = setInterval(() => slow.socket.write('x'), 50);
  await slow.closed;
  clearInterval(dribble);
  expect(room.gateway.refused.loginGraceTime).toBe(1);
  const options = ['-b', '127.0.0.2'];
  expect((await runSsh(room.target, { options, command: ['status'] })).code).toBe(0);
});

test('a packet longer than 16 KiB is not waited for before login', async () => {
  await using room = await GatewayRoom.open();
  const head = Buffer.from([0, 0, 0x40, 4, 4, 20]);
  await using after = new Tcp(room.port, '127.0.0.2');
  after.socket.write('SSH-2.0-x\r\n');
  await after.sees('curve25519');
  after.socket.write(head);
  await after.closed;
  await using together = new Tcp(room.port, '127.0.0.2');
  together.socket.write(Buffer.concat([Buffer.from('SSH-2.0-x\r\n'), head]));
  await together.closed;
  const closed = room.log.filter((line) => line['msg'] === 'connection closed');
  const reason = 'packet too long before login';
  expect(closed).toMatchObject([{ reason }, { reason }]);
});
