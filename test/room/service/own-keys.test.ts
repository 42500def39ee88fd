import { spawn, spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { findOwnKeys } from '../../../src/service/own-keys.js';
import { makeKeyPair } from '../../helpers/ssh-keys.js';

const folder = mkdtempSync(join(tmpdir(), 'triad-own-'));
const ssh = join(folder, 'ssh');
const agentSocket = join(folder, 'agent');
const agent = spawn('ssh-agent', ['-D', '-a', agentSocket], {
  stdio: ['ignore', 'pipe', 'ignore'],
});
const outerAgent = process.env['SSH_AUTH_SOCK'];

beforeAll(async () => {
  await new Promise((resolve) => agent.stdout.once('data', resolve));
  process.env['SSH_AUTH_SOCK'] = agentSocket;
  mkdirSync(ssh);
  await makeKeyPair(ssh, 'id_ed25519');
  await makeKeyPair(ssh, 'work', { type: 'ecdsa', bits: 256 });
  await makeKeyPair(ssh, 'weak', { type: 'rsa', bits: 1024 });
  await makeKeyPair(folder, 'away');
  copyFileSync(join(folder, 'away.pub'), join(ssh, 'away.pub'));
  writeFileSync(join(ssh, 'broken.pub'), 'no key\n');
});
afterAll(() => {
  if (outerAgent === undefined) delete process.env['SSH_AUTH_SOCK'];
  else process.env['SSH_AUTH_SOCK'] = outerAgent;
  agent.kill();
  rmSync(folder, { recursive: true });
});
afterEach(() => {
  spawnSync('ssh-add', ['-D'], { stdio: 'ignore' });
});

async function found(): Promise<string[]> {
  const keys = await findOwnKeys(ssh);
  return keys.map(
    ({ publicPath, identity }) =>
      `${basename(publicPath)} ${identity === null ? 'by itself' : basename(identity)}`,
  );
}

test('supported keys whose private half lies beside them are found; weak, broken and lone ones are not', async () => {
  expect(await found()).toEqual(['id_ed25519.pub by itself', 'work.pub work']);
});

test('a key whose private half is in the agent is found, and needs no -i', async () => {
  expect(spawnSync('ssh-add', [join(folder, 'away')]).status).toBe(0);
  expect(spawnSync('ssh-add', [join(ssh, 'work')]).status).toBe(0);
  expect(await found()).toEqual([
    'away.pub by itself',
    'id_ed25519.pub by itself',
    'work.pub by itself',
  ]);
});

test('without a directory or an agent there is no key', async () => {
  expect(await findOwnKeys(join(folder, 'none'))).toEqual([]);
  process.env['SSH_AUTH_SOCK'] = join(folder, 'none');
  expect(await found()).toEqual(['id_ed25519.pub by itself', 'work.pub work']);
  process.env['SSH_AUTH_SOCK'] = agentSocket;
});
