import { expect, test } from 'vitest';
import { EXIT } from '../../../../src/base/exit-codes.js';
import { findSshWith } from '../../../helpers/openssh.js';
import { runSsh } from '../../../helpers/ssh-client.js';
import { makeKeyPair } from '../../../helpers/ssh-keys.js';
import { GatewayRoom } from './room.js';

const HYBRID = 'mlkem768x25519-sha256';
const CURVE = 'curve25519-sha256';
const postQuantumSsh = findSshWith(HYBRID);

test.skipIf(postQuantumSsh === undefined)(
  'an OpenSSH that speaks mlkem768x25519-sha256 agrees on it, at first and while much is sent',
  async () => {
    const stdout = 'x'.repeat(3_000_000);
    const execute = async () => ({ stdout, stderr: '', exitCode: EXIT.ok });
    await using room = await GatewayRoom.open({ execute });
    const options = ['-v', '-o', 'RekeyLimit=500K'];
    const parts = { options, command: ['capture'], program: postQuantumSsh ?? '' };
    const result = await runSsh(room.target, parts);
    expect(result.code, result.stderr).toBe(0);
    expect(result.stdout).toBe(stdout);
    const agreed = result.stderr.match(/kex: algorithm: \S+/g) ?? [];
    expect(agreed.length).toBeGreaterThan(1);
    expect(new Set(agreed)).toEqual(new Set([`kex: algorithm: ${HYBRID}`]));
    expect(result.stderr).not.toMatch(/post-quantum/);
  },
);

test('an OpenSSH without it falls back to curve25519-sha256, with strict key exchange', async () => {
  await using room = await GatewayRoom.open();
  const options = ['-vvv', '-o', `KexAlgorithms=-mlkem*`];
  const result = await runSsh(room.target, { options, command: ['who'] });
  expect(result.code, result.stderr).toBe(0);
  expect(result.stderr).toContain(`kex: algorithm: ${CURVE}\r\n`);
  expect(result.stderr).toContain('will use strict KEX ordering');
  expect(result.stderr).toContain('compression: none');
});

test('clients are told which signatures count: none with SHA-1, and those of FIDO keys and certificates', async () => {
  await using room = await GatewayRoom.open();
  const result = await runSsh(room.target, { options: ['-v'], command: ['who'] });
  const told = /server-sig-algs=<([^>]*)>/.exec(result.stderr)?.[1]?.split(',') ?? [];
  const algorithms = [
    ...['ssh-ed25519', 'sk-ssh-ed25519@openssh.com', 'ecdsa-sha2-nistp256'],
    ...['ecdsa-sha2-nistp384', 'ecdsa-sha2-nistp521', 'sk-ecdsa-sha2-nistp256@openssh.com'],
    ...['rsa-sha2-512', 'rsa-sha2-256'],
  ];
  const certificates = algorithms.map(
    (name) => `${name.replace('@openssh.com', '')}-cert-v01@openssh.com`,
  );
  expect(told).toEqual([...algorithms, ...certificates]);
});

test.each(['rsa-sha2-512', 'rsa-sha2-256'])(
  'a client that signs with its RSA key by %s alone gets in',
  async (algorithm) => {
    await using room = await GatewayRoom.open();
    const rsa = await makeKeyPair(room.directory, 'rsa', { type: 'rsa', bits: 2048 });
    room.trust(rsa, 'ada');
    const options = ['-o', `PubkeyAcceptedAlgorithms=${algorithm}`];
    const target = { ...room.target, keyPath: rsa.path };
    expect(await runSsh(target, { options, command: ['who'] })).toMatchObject({ code: 0 });
  },
);

test('a client that offers the old algorithms only gets nowhere', async () => {
  await using room = await GatewayRoom.open();
  for (const option of [
    'KexAlgorithms=diffie-hellman-group14-sha256,ecdh-sha2-nistp256',
    'HostKeyAlgorithms=ssh-rsa,ecdsa-sha2-nistp256',
    'Ciphers=aes128-ctr,aes256-cbc',
  ]) {
    const result = await runSsh(room.target, { options: ['-o', option], command: ['who'] });
    expect(result.code, option).toBe(255);
    expect(result.stderr).toContain('Unable to negotiate');
  }
});
