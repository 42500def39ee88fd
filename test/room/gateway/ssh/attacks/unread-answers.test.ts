/**
 * Each global request, channel request or channel that is refused gets an answer, which costs the
 * client nothing as long as it does not read. Some 300,000 requests made the library keep 80 MB.
 */
import { expect, test } from 'vitest';
import { KEY_EXCHANGE_LIMITS } from '../../../../../src/gateway/ssh/key-exchanges.js';
import {
  bytes,
  MESSAGE,
  RawSshClient,
  sshString,
  uint32,
} from '../../../../helpers/raw-ssh-client.js';
import { GatewayRoom } from '../room.js';

const SESSION = [sshString('no-such-type'), uint32(1), uint32(65_536), uint32(32_768)];

test.each([
  ['global requests', [bytes(MESSAGE.globalRequest), sshString('x'), bytes(1)]],
  ['channel requests', [bytes(MESSAGE.channelRequest), uint32(0), sshString('x'), bytes(1)]],
  ['channels', [bytes(MESSAGE.channelOpen), ...SESSION]],
])('a client whose %s wait for a key exchange is cut off', async (_what, request) => {
  await using room = await GatewayRoom.open({
    keyExchangeLimits: { ...KEY_EXCHANGE_LIMITS, maxAgeMs: 100 },
  });
  await using raw = await RawSshClient.connect(room.port);
  raw.ignoreKeyExchanges();
  await raw.logIn(room.key.path, room.key.blob);
  await raw.openSession();
  await raw.next([MESSAGE.keyExchangeInit]);
  for (let sent = 0; sent <= 2048; sent += 1) raw.send(...request);
  expect(await room.ended()).toEqual(['client does not read its answers']);
});

test('a client that reads may ask as often as it likes', async () => {
  await using room = await GatewayRoom.open();
  await using raw = await RawSshClient.connect(room.port);
  await raw.logIn(room.key.path, room.key.blob);
  for (let asked = 0; asked < 5000; asked += 500) {
    for (let sent = 0; sent < 500; sent += 1) {
      raw.send(bytes(MESSAGE.globalRequest), sshString('x'), bytes(1));
    }
    for (let got = 0; got < 500; got += 1) await raw.next([MESSAGE.requestFailure]);
  }
  expect(room.endReasons).toEqual([]);
});
