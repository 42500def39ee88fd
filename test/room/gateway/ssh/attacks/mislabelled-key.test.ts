/**
 * A verification that cannot be done yields an Error object, which is truthy. An attacker sends an
 * engineer's ed25519 public key labelled as RSA, so that the digest cannot be used with it, and any
 * signature at all.
 */
import { expect, test } from 'vitest';
import { parsePublicKey } from '../../../../../src/gateway/access/public-key.js';
import { isSignatureValid } from '../../../../../src/gateway/ssh/signature.js';
import { MESSAGE, RawSshClient, sshString } from '../../../../helpers/raw-ssh-client.js';
import { makeKeyPair } from '../../../../helpers/ssh-keys.js';
import { GatewayRoom } from '../room.js';

const ANSWERS = [MESSAGE.userauthFailure, MESSAGE.userauthSuccess, MESSAGE.userauthPkOk];

test.each(['rsa-sha2-256', 'rsa-sha2-512', 'ssh-rsa', 'ecdsa-sha2-nistp256'])(
  'an ed25519 key labelled %s is refused, asked about or signed with',
  async (algorithm) => {
    await using room = await GatewayRoom.open();
    const { blob } = room.key;
    // For ECDSA the library wants two integers.
    const value = algorithm.startsWith('ecdsa')
      ? Buffer.concat([sshString('\u0001'), sshString('\u0001')])
      : Buffer.alloc(64, 0x42);
    const sign = (): Buffer => Buffer.concat([sshString(algorithm), sshString(value)]);
    for (const request of [
      { algorithm, blob },
      { algorithm, blob, sign },
    ]) {
      await using raw = await RawSshClient.connect(room.port);
      raw.requestPublicKey(request);
      expect((await raw.next(ANSWERS))[0]).toBe(MESSAGE.userauthFailure);
    }
    const refusal = { outcome: 'refused', reason: 'key-mismatch' };
    expect(room.decisions).toMatchObject([refusal, refusal]);
  },
);

test.each(['ssh-ed25519', 'ecdsa-sha2-nistp256'])(
  'an RSA key labelled %s is refused',
  async (algorithm) => {
    await using room = await GatewayRoom.open();
    const key = await makeKeyPair(room.directory, 'rsa', { type: 'rsa', bits: 2048 });
    room.trust(key, 'grace');
    await using raw = await RawSshClient.connect(room.port);
    raw.requestPublicKey({ algorithm, blob: key.blob });
    expect((await raw.next(ANSWERS))[0]).toBe(MESSAGE.userauthFailure);
    expect(room.decisions).toMatchObject([{ outcome: 'refused', reason: 'key-mismatch' }]);
  },
);

test('a verification that cannot be done is no valid signature', async () => {
  await using room = await GatewayRoom.open();
  const key = parsePublicKey('ssh-ed25519', room.key.blob.toString('base64'));
  if ('problem' in key) throw new Error(key.problem);
  const request = { data: Buffer.from('data'), signature: Buffer.alloc(64) };
  expect(isSignatureValid(key, { ...request, digest: 'sha256' })).toBe(false);
});

test('the same key under its own name gets in', async () => {
  await using room = await GatewayRoom.open();
  await using raw = await RawSshClient.connect(room.port);
  await raw.logIn(room.key.path, room.key.blob);
});
