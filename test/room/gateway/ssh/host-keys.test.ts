import { execFile } from 'node:child_process';
import { chmod, copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ConfigurationError } from '../../../../src/base/errors.js';
import { readHostKeys } from '../../../../src/gateway/ssh/host-keys.js';
import { makeKeyPair } from '../../../helpers/ssh-keys.js';

const run = promisify(execFile);

let directory = '';
let ed25519 = '';
let rsa = '';

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'triad-host-keys-'));
  const [first, second] = await Promise.all([
    makeKeyPair(directory, 'ssh_host_ed25519_key'),
    makeKeyPair(directory, 'ssh_host_rsa_key', { type: 'rsa', bits: 2048 }),
  ]);
  ed25519 = first.path;
  rsa = second.path;
});

afterEach(() => rm(directory, { recursive: true }));

async function problems(): Promise<readonly string[]> {
  const error: unknown = await readHostKeys({ root: directory, path: directory }).catch(
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof ConfigurationError)) throw new Error(`not refused: ${String(error)}`);
  return error.problems;
}

describe('the host keys', () => {
  test('are read with the fingerprints that ssh-keygen prints', async () => {
    const keys = await readHostKeys({ root: directory, path: directory });
    expect(keys.map((key) => key.type)).toEqual(['ssh-ed25519', 'ssh-rsa']);
    for (const [index, path] of [ed25519, rsa].entries()) {
      const { stdout } = await run('ssh-keygen', ['-l', '-f', path]);
      expect(stdout).toContain(` ${keys[index]?.fingerprint ?? ''} `);
    }
  });

  test('that other users can reach are refused with the cure', async () => {
    await chmod(ed25519, 0o640);
    expect(await problems()).toEqual([expect.stringContaining(`chmod 600 ${ed25519}`)]);
  });

  test('are all named where several are wrong', async () => {
    await rm(ed25519);
    await writeFile(rsa, 'no key at all\n', { mode: 0o600 });
    expect(await problems()).toEqual([
      `${ed25519}: there is no host key: triad init makes it`,
      expect.stringMatching(/ssh_host_rsa_key: is damaged or no private key/),
    ]);
  });

  test('must not be protected by a passphrase', async () => {
    await run('ssh-keygen', ['-q', '-p', '-P', '', '-N', 'secret', '-f', ed25519]);
    expect(await problems()).toEqual([expect.stringContaining('ssh-keygen -p')]);
  });

  test('must be the private halves', async () => {
    await copyFile(`${ed25519}.pub`, ed25519);
    await chmod(ed25519, 0o600);
    expect(await problems()).toEqual([expect.stringContaining('holds a public key')]);
  });

  test('must be of the type that their file is named after', async () => {
    await copyFile(ed25519, rsa);
    expect(await problems()).toEqual([`${rsa}: must be a key of type ssh-rsa, is ssh-ed25519`]);
  });
});
