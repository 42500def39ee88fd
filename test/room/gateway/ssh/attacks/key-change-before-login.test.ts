/**
 * Each key exchange costs the gateway some milliseconds of its only thread. A client that has not
 * logged in may start one after the other, without limit.
 */
import { expect, test } from 'vitest';
import { eventually } from '../../../../helpers/eventually.js';
import { RawSshClient } from '../../../../helpers/raw-ssh-client.js';
import { runSsh } from '../../../../helpers/ssh-client.js';
import { GatewayRoom } from '../room.js';

test('a second key exchange before the login ends the connection', async () => {
  await using room = await GatewayRoom.open();
  await using raw = await RawSshClient.connect(room.port);
  raw.changeKeys();
  await raw.closedByServer();
  const closed = (): boolean => room.log.some((line) => line['msg'] === 'connection closed');
  await eventually('the connection has ended', closed);
  expect(room.log.at(-1)).toMatchObject({ reason: 'client changed keys before login' });
});

test('a client that changes keys after the login goes on', async () => {
  const stdout = 'x'.repeat(3_000_000);
  await using room = await GatewayRoom.open({
    execute: async () => ({ stdout, stderr: '', exitCode: 0 }),
  });
  const options = ['-o', 'RekeyLimit=1M'];
  const result = await runSsh(room.target, { options, command: ['capture'] });
  expect(result).toMatchObject({ code: 0, stdout });
});
