/**
 * The SSH library lets a client in as soon as a signature is there, whatever it says; checking it is
 * left to us. An attacker who knows an engineer's public key (they are on every code host) sends it
 * with 64 bytes of garbage.
 */
import { expect, test } from 'vitest';
import { eventually } from '../../../../helpers/eventually.js';
import { MESSAGE, RawSshClient, signer, sshString } from '../../../../helpers/raw-ssh-client.js';
import { GatewayRoom } from '../room.js';

const ANSWERS = [MESSAGE.userauthFailure, MESSAGE.userauthSuccess];

test.each([
  ['64 bytes of garbage', sshString(Buffer.alloc(64, 0x42))],
  ['nothing', sshString('')],
  ['one byte', sshString('x')],
])('a known key with a signature of %s is refused', async (_what, signature) => {
  await using room = await GatewayRoom.open();
  await using raw = await RawSshClient.connect(room.port);
  const { blob } = room.key;
  const algorithm = 'ssh-ed25519';
  const sign = (): Buffer => Buffer.concat([sshString(algorithm), signature]);
  raw.requestPublicKey({ algorithm, blob, sign });
  expect((await raw.next(ANSWERS))[0]).toBe(MESSAGE.userauthFailure);
  expect(room.decisions).toMatchObject([{ outcome: 'refused', reason: 'bad-signature' }]);
  await raw[Symbol.asyncDispose]();
  await eventually('the refusal is on record', () => room.audit.length === 1);
  expect(room.audit).toMatchObject([{ event: 'refused', reason: 'bad-signature' }]);
});

test('the signature of another request is refused', async () => {
  await using room = await GatewayRoom.open();
  await using raw = await RawSshClient.connect(room.port);
  const { blob, path } = room.key;
  const algorithm = 'ssh-ed25519';
  const sign = (data: Buffer): Buffer => signer(path, algorithm)(data.subarray(1));
  raw.requestPublicKey({ algorithm, blob, sign });
  expect((await raw.next(ANSWERS))[0]).toBe(MESSAGE.userauthFailure);
});

test('the owner of the key gets in', async () => {
  await using room = await GatewayRoom.open();
  await using raw = await RawSshClient.connect(room.port);
  await raw.logIn(room.key.path, room.key.blob);
  expect(room.audit).toMatchObject([{ event: 'authenticated', engineer: 'ada' }]);
});
