/**
 * A client that opens a channel with a maximum packet size of 0 sends the SSH library into an endless
 * loop at the first byte that is written to it: one packet of any engineer stops everybody's work. A
 * size of 1 turns each byte into a packet.
 */
import { expect, test } from 'vitest';
import { MESSAGE, RawSshClient, sshString } from '../../../../helpers/raw-ssh-client.js';
import { GatewayRoom } from '../room.js';

test.each([0, 1, 1023])('a channel with packets of at most %i bytes is refused', async (size) => {
  await using room = await GatewayRoom.open();
  await using raw = await RawSshClient.connect(room.port);
  await raw.logIn(room.key.path, room.key.blob);
  const answer = await raw.openSession(0, { packetSize: size });
  expect(answer[0]).toBe(MESSAGE.channelOpenFailure);
});

test('a channel with packets of 1024 bytes works', async () => {
  await using room = await GatewayRoom.open({
    execute: async () => ({ stdout: 'x'.repeat(5000), stderr: '', exitCode: 0 }),
  });
  await using raw = await RawSshClient.connect(room.port);
  await raw.logIn(room.key.path, room.key.blob);
  await raw.openSession(0, { packetSize: 1024 });
  raw.requestOnChannel(0, 'exec', sshString('status'));
  expect(await raw.next([MESSAGE.channelData])).toHaveLength(1 + 4 + 4 + 1024);
});
