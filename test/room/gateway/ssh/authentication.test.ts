import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { eventually } from '../../../helpers/eventually.js';
import {
  bytes,
  MESSAGE,
  RawSshClient,
  signer,
  sshString,
} from '../../../helpers/raw-ssh-client.js';
import { runSsh } from '../../../helpers/ssh-client.js';
import { type KeyKind, makeKeyPair } from '../../../helpers/ssh-keys.js';
import { GatewayRoom } from './room.js';

const run = promisify(execFile);

const DENIED = /Permission denied \(publickey\)/;

describe('a client with a known key', () => {
  test.each<KeyKind>([
    { type: 'ed25519' },
    { type: 'ecdsa', bits: 256 },
    { type: 'ecdsa', bits: 384 },
    { type: 'ecdsa', bits: 521 },
    { type: 'rsa', bits: 2048 },
  ])('of type $type $bits gets in and is known by name', async (kind) => {
    await using room = await GatewayRoom.open();
    const key = await makeKeyPair(room.directory, 'grace', kind);
    room.trust(key, 'grace');
    const { code } = await runSsh({ ...room.target, keyPath: key.path }, { command: ['status'] });
    expect(code).toBe(0);
    expect(room.commands).toMatchObject([
      { session: 'pair', commandLine: 'status', caller: { engineer: 'grace', keyBlob: key.blob } },
    ]);
  });

  test.each(['sha256', 'sha512'] as const)('may sign with RSA and %s', async (digest) => {
    await using room = await GatewayRoom.open();
    const { path, blob } = await makeKeyPair(room.directory, 'grace', { type: 'rsa', bits: 2048 });
    room.trust({ type: 'ssh-rsa', blob }, 'grace');
    await using raw = await RawSshClient.connect(room.port);
    const algorithm = `rsa-sha2-${digest.slice(3)}`;
    raw.requestPublicKey({ algorithm, blob, sign: signer(path, algorithm, digest) });
    await raw.next([MESSAGE.userauthSuccess]);
  });

  // RFC 4252 §7; asyncssh gives up where the answer names another algorithm.
  test.each([
    { kind: { type: 'rsa', bits: 2048 }, algorithm: 'rsa-sha2-256' },
    { kind: { type: 'rsa', bits: 2048 }, algorithm: 'rsa-sha2-512' },
    { kind: { type: 'ecdsa', bits: 384 }, algorithm: 'ecdsa-sha2-nistp384' },
    { kind: { type: 'ed25519' }, algorithm: 'ssh-ed25519' },
  ] as const)('is told to sign with the $algorithm that it asked for', async (asked) => {
    await using room = await GatewayRoom.open();
    const { algorithm, kind } = asked;
    const { type, blob } = await makeKeyPair(room.directory, 'grace', kind);
    room.trust({ type, blob }, 'grace');
    await using raw = await RawSshClient.connect(room.port);
    raw.requestPublicKey({ algorithm, blob });
    const answer = Buffer.concat([
      bytes(MESSAGE.userauthPkOk),
      sshString(algorithm),
      sshString(blob),
    ]);
    expect(await raw.next([MESSAGE.userauthPkOk])).toEqual(answer);
  });

  test('may not sign with SHA-1', async () => {
    await using room = await GatewayRoom.open();
    const key = await makeKeyPair(room.directory, 'grace', { type: 'rsa', bits: 2048 });
    room.trust(key, 'grace');
    const options = ['-o', 'PubkeyAcceptedAlgorithms=ssh-rsa'];
    const { code, stderr } = await runSsh({ ...room.target, keyPath: key.path }, { options });
    expect(code).toBe(255);
    expect(stderr).toMatch(DENIED);
    // OpenSSH does not even try: the gateway did not name it.
    await using raw = await RawSshClient.connect(room.port);
    const sign = signer(key.path, 'ssh-rsa', 'sha1');
    raw.requestPublicKey({ algorithm: 'ssh-rsa', blob: key.blob, sign });
    await raw.next([MESSAGE.userauthFailure]);
    expect(room.decisions).toMatchObject([{ outcome: 'refused', reason: 'signature-algorithm' }]);
  });

  test('is on record with connection, login and key before it does anything', async () => {
    await using room = await GatewayRoom.open();
    await runSsh(room.target, { command: ['status'] });
    await eventually('the end of the connection is on record', () => room.audit.length === 2);
    const { fingerprint, connectionId, remote } = room.commands[0]?.caller ?? {};
    const facts = { connectionId, remote, login: 'pair', engineer: 'ada' };
    expect(room.audit).toMatchObject([
      { event: 'authenticated', fingerprint, ...facts },
      { event: 'closed', reason: 'client left', ...facts },
    ]);
    expect(room.decisions).toMatchObject([
      {
        outcome: 'accepted',
        method: 'publickey',
        login: 'pair',
        address: '127.0.0.1',
        fingerprint,
      },
    ]);
  });

  test('stays outside when that cannot be put on record', async () => {
    await using room = await GatewayRoom.open({
      onAuthenticated: () => {
        throw new Error('the disk is full');
      },
    });
    expect((await runSsh(room.target, { command: ['status'] })).code).toBe(255);
    expect(room.commands).toEqual([]);
    expect(room.decisions).toEqual([]);
    await eventually(
      'the connection has ended',
      () => room.log.at(-1)?.['msg'] === 'connection closed',
    );
    expect(room.log.at(-1)).toMatchObject({ reason: 'authentication failed: the disk is full' });
  });
});

test('a client that asks for the service before each attempt, as paramiko does, gets in with its second key', async () => {
  await using room = await GatewayRoom.open();
  const other = await makeKeyPair(room.directory, 'other');
  await using raw = await RawSshClient.connect(room.port);
  const askForService = (): void =>
    raw.send(bytes(MESSAGE.serviceRequest), sshString('ssh-userauth'));
  const algorithm = 'ssh-ed25519';
  askForService();
  raw.requestPublicKey({ algorithm, blob: other.blob });
  await raw.next([MESSAGE.userauthFailure]);
  askForService();
  await raw.logIn(room.key.path, room.key.blob);
});

describe('a client without a known key', () => {
  test("gets OpenSSH's own refusal, and the log says why", async () => {
    await using room = await GatewayRoom.open();
    const stranger = await makeKeyPair(room.directory, 'stranger');
    const result = await runSsh({ ...room.target, keyPath: stranger.path });
    expect(result.code).toBe(255);
    expect(result.stderr).toMatch(DENIED);
    expect(room.decisions).toMatchObject([
      { outcome: 'refused', method: 'publickey', login: 'pair', reason: 'unknown-key' },
    ]);
    await eventually('the refusal is on record', () => room.audit.length === 1);
    expect(room.audit).toMatchObject([{ event: 'refused', login: 'pair', reason: 'unknown-key' }]);
  });

  test('with a short RSA key is refused', async () => {
    await using room = await GatewayRoom.open();
    const short = await makeKeyPair(room.directory, 'short', { type: 'rsa', bits: 1024 });
    const options = ['-o', 'RequiredRSASize=1024'];
    const { stderr } = await runSsh({ ...room.target, keyPath: short.path }, { options });
    expect(stderr).toMatch(DENIED);
    expect(room.decisions).toMatchObject([{ reason: 'unknown-key' }]);
  });

  test('with a certificate is refused by its type', async () => {
    await using room = await GatewayRoom.open();
    const authority = await makeKeyPair(room.directory, 'authority');
    const pub = `${room.key.path}.pub`;
    await run('ssh-keygen', ['-q', '-s', authority.path, '-I', 'ada', '-n', 'pair', pub]);
    const plain = join(room.directory, 'plain');
    await writeFile(plain, await readFile(room.key.path), { mode: 0o600 });
    const options = ['-o', `CertificateFile=${room.key.path}-cert.pub`];
    await runSsh({ ...room.target, keyPath: plain }, { options, command: ['status'] });
    expect(room.decisions[0]).toMatchObject({ outcome: 'refused', reason: 'key-type' });
  });

  test('is cut off after too many attempts', async () => {
    await using room = await GatewayRoom.open({ limits: { maxAuthTries: 2 } });
    const keys = await Promise.all(
      ['a', 'b', 'c'].map((name) => makeKeyPair(room.directory, name)),
    );
    const more = keys.slice(1).flatMap(({ path }) => ['-i', path]);
    const target = { ...room.target, keyPath: keys[0]?.path ?? '' };
    const { code, stderr } = await runSsh(target, { options: [...more, '-i', room.key.path] });
    expect(code).toBe(255);
    expect(stderr).not.toMatch(DENIED);
    expect(room.decisions.map((line) => line['reason'])).toEqual(['unknown-key', 'unknown-key']);
  });

  test('gets in with the last attempt that is left', async () => {
    await using room = await GatewayRoom.open({ limits: { maxAuthTries: 2 } });
    const stranger = await makeKeyPair(room.directory, 'stranger');
    const target = { ...room.target, keyPath: stranger.path };
    const options = ['-i', room.key.path];
    expect((await runSsh(target, { options, command: ['status'] })).code).toBe(0);
  });
});

describe('the login', () => {
  test.each(['no such Session', '../../etc', 'x'.repeat(300)])(
    '%j that cannot name a session is let in only to be told so',
    async (login) => {
      await using room = await GatewayRoom.open();
      const result = await runSsh({ ...room.target, login }, { command: ['status'] });
      expect(result.code).toBe(77);
      expect(result.stderr).toContain('triad: you have no access to a session named "');
      expect(room.commands).toEqual([]);
    },
  );

  // Patched stock clients refuse to send such a name.
  test('with control characters cannot name a session, and none of them comes back', async () => {
    await using room = await GatewayRoom.open();
    await using raw = await RawSshClient.connect(room.port);
    const { path, blob } = room.key;
    const algorithm = 'ssh-ed25519';
    const login = '\u001b[2Jpair';
    raw.requestPublicKey({ login, algorithm, blob, sign: signer(path, algorithm) });
    await raw.next([MESSAGE.userauthSuccess]);
    await raw.openSession();
    raw.requestOnChannel(0, 'exec', sshString('status'));
    const said = (await raw.next([MESSAGE.channelExtendedData])).toString();
    expect(said).toContain('triad: you have no access to a session named "');
    expect(said).not.toContain('\u001b');
    expect(room.commands).toEqual([]);
  });
});
