/**
 * A client asks about the key of a victim, is told that it would do, and then signs with its own key,
 * or with its own key under the victim's name. Whoever is taken for the owner of the key that was
 * asked about lets the attacker act as the victim.
 */
import { expect, test } from 'vitest';
import { MESSAGE, RawSshClient, signer, sshString } from '../../../../helpers/raw-ssh-client.js';
import { makeKeyPair } from '../../../../helpers/ssh-keys.js';
import { GatewayRoom } from '../room.js';

const algorithm = 'ssh-ed25519';
const ANSWERS = [MESSAGE.userauthFailure, MESSAGE.userauthSuccess];

test("signing a victim's key with another key is refused", async () => {
  await using room = await GatewayRoom.open();
  const own = await makeKeyPair(room.directory, 'mallory');
  await using raw = await RawSshClient.connect(room.port);
  raw.requestPublicKey({ algorithm, blob: room.key.blob });
  await raw.next([MESSAGE.userauthPkOk]);
  raw.requestPublicKey({ algorithm, blob: room.key.blob, sign: signer(own.path, algorithm) });
  expect((await raw.next(ANSWERS))[0]).toBe(MESSAGE.userauthFailure);
  expect(room.decisions).toMatchObject([{ outcome: 'refused', reason: 'bad-signature' }]);
});

test('an unknown key stays unknown after a known one was asked about', async () => {
  await using room = await GatewayRoom.open();
  const own = await makeKeyPair(room.directory, 'mallory');
  await using raw = await RawSshClient.connect(room.port);
  raw.requestPublicKey({ algorithm, blob: room.key.blob });
  await raw.next([MESSAGE.userauthPkOk]);
  raw.requestPublicKey({ algorithm, blob: own.blob, sign: signer(own.path, algorithm) });
  expect((await raw.next(ANSWERS))[0]).toBe(MESSAGE.userauthFailure);
  expect(room.audit).toEqual([]);
});

test('who asks about one known key and signs with another is the owner of the other', async () => {
  await using room = await GatewayRoom.open();
  const own = await makeKeyPair(room.directory, 'mallory');
  room.trust(own, 'mallory');
  await using raw = await RawSshClient.connect(room.port);
  raw.requestPublicKey({ algorithm, blob: room.key.blob });
  await raw.next([MESSAGE.userauthPkOk]);
  raw.requestPublicKey({ algorithm, blob: own.blob, sign: signer(own.path, algorithm) });
  await raw.next([MESSAGE.userauthSuccess]);
  expect(room.audit).toMatchObject([{ event: 'authenticated', engineer: 'mallory' }]);
  await raw.openSession();
  raw.requestOnChannel(0, 'exec', sshString('status'));
  await raw.next([MESSAGE.channelSuccess]);
  expect(room.commands).toMatchObject([{ caller: { engineer: 'mallory', keyBlob: own.blob } }]);
});
