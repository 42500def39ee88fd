import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { BareHome } from '../helpers/bare-home.js';
import { makeKeyPair } from '../helpers/ssh-keys.js';

const read = (home: BareHome, name: string) => readFileSync(home.path(name), 'utf8');

test('init makes keys, defaults and the first admin, private, says so, and a second one changes nothing', async () => {
  using home = new BareHome();
  const made = await home.run(['init']);
  expect(made).toMatchObject({ code: 0, stdout: '' });
  expect(home.modes()).toEqual([
    '700 config',
    '644 config/gateway.yaml',
    '644 config/tmux.conf',
    '644 config/triad.yaml',
    '700 keys',
    '600 keys/authorized_keys',
    '600 keys/id_ed25519',
    '644 keys/id_ed25519.pub',
    '600 keys/ssh_host_ed25519_key',
    '644 keys/ssh_host_ed25519_key.pub',
    '600 keys/ssh_host_rsa_key',
    '644 keys/ssh_host_rsa_key.pub',
    '700 state',
    '600 state/audit.jsonl',
    '600 state/triad.log',
  ]);
  for (const what of [
    'ssh_host_ed25519_key (new ed25519 key)',
    'ssh_host_rsa_key (new rsa key)',
    'id_ed25519 (new ed25519 key)',
    'config/tmux.conf (default)',
  ]) {
    expect(made.stderr).toContain(what);
  }
  expect(made.stderr).toMatch(
    /admin [a-z0-9._-]+: ssh-ed25519 SHA256:\S+ \(.*keys\/id_ed25519\.pub\)/,
  );
  const names = [
    'keys/authorized_keys',
    'keys/ssh_host_rsa_key',
    'config/triad.yaml',
    'state/audit.jsonl',
  ];
  const before = names.map((name) => read(home, name));
  writeFileSync(home.path('config/gateway.yaml'), 'listen: [127.0.0.1:2299]\n');
  const again = await home.run(['init']);
  expect(again).toMatchObject({ code: 0, stderr: `triad: everything is there in ${home.root}\n` });
  expect(names.map((name) => read(home, name))).toEqual(before);
  expect(read(home, 'config/gateway.yaml')).toBe('listen: [127.0.0.1:2299]\n');
  expect(
    Buffer.from(read(home, 'keys/ssh_host_rsa_key.pub').split(' ')[1] ?? '', 'base64').length,
  ).toBe(407);
});

test('the first admin has each supported key of theirs with a private half, and no new one', async () => {
  using home = new BareHome();
  const ssh = join(home.userHome, '.ssh');
  const usual = await makeKeyPair(ssh, 'id_ed25519');
  const work = await makeKeyPair(ssh, 'work', { type: 'ecdsa', bits: 384 });
  await makeKeyPair(ssh, 'weak', { type: 'rsa', bits: 1024 });
  await makeKeyPair(home.folder, 'away');
  copyFileSync(join(home.folder, 'away.pub'), join(ssh, 'away.pub'));
  const made = await home.run(['init']);
  expect(made.code).toBe(0);
  const lines = read(home, 'keys/authorized_keys').trim().split('\n');
  expect(lines.map((line) => line.split(' ').slice(0, 3))).toEqual([
    ['role="admin"', usual.type, usual.blob.toString('base64')],
    ['role="admin"', work.type, work.blob.toString('base64')],
  ]);
  expect(made.stderr.match(/^ {2}admin /gm)).toHaveLength(2);
  expect(existsSync(home.path('keys/id_ed25519'))).toBe(false);
});

test('--admin-key takes the place of what is found, and a file that is no public key is refused', async () => {
  using home = new BareHome();
  await makeKeyPair(join(home.userHome, '.ssh'), 'id_ed25519');
  const other = await makeKeyPair(home.folder, 'other');
  const wrong = await home.run(['init', '--admin-key', other.path]);
  expect(wrong.code).toBe(64);
  expect(wrong.stderr).toContain(`triad: error: ${other.path}: `);
  expect(existsSync(home.path('keys'))).toBe(false);
  expect((await home.run(['init', '--admin-key', join(home.folder, 'none.pub')])).code).toBe(64);
  expect((await home.run(['init', '--admin-key', `${other.path}.pub`])).code).toBe(0);
  expect(read(home, 'keys/authorized_keys')).toContain(other.blob.toString('base64'));
  expect(read(home, 'keys/authorized_keys').trim().split('\n')).toHaveLength(1);
});

test('two inits at once make one set of keys that fit', async () => {
  using home = new BareHome();
  const results = await Promise.all([home.run(['init']), home.run(['init']), home.run(['init'])]);
  expect(results.map(({ code, stderr }) => (code === 0 ? 'made' : stderr))).toEqual([
    'made',
    'made',
    'made',
  ]);
  for (const name of ['id_ed25519', 'ssh_host_ed25519_key', 'ssh_host_rsa_key']) {
    const derived = await publicHalf(home.path(`keys/${name}`));
    expect(read(home, `keys/${name}.pub`).split(' ').slice(0, 2)).toEqual(derived);
  }
  expect(read(home, 'keys/authorized_keys').trim().split('\n')).toHaveLength(1);
  expect(home.modes().filter((entry) => entry.includes('.new-') || entry.endsWith('.tmp'))).toEqual(
    [],
  );
});

test('a public half that is missing is made again from the private one', async () => {
  using home = new BareHome();
  await home.run(['init']);
  const before = read(home, 'keys/id_ed25519.pub');
  rmSync(home.path('keys/id_ed25519.pub'));
  rmSync(home.path('keys/authorized_keys'));
  expect((await home.run(['init'])).code).toBe(0);
  expect(read(home, 'keys/id_ed25519.pub')).toBe(before);
  expect(read(home, 'keys/authorized_keys')).toContain(before.split(' ')[1]);
});

test('a home that cannot be written is told, with what to do', async () => {
  using home = new BareHome();
  writeFileSync(home.root, 'a file');
  const refused = await home.run(['init']);
  expect(refused.code).toBe(78);
  expect(refused.stderr).toMatch(
    /^triad: error: .*home: cannot be written: file already exists \(EEXIST\)\ntriad: hint: .*--home DIR/,
  );
});

test.skipIf(process.getuid?.() !== 0)(
  'somebody who is not root makes a home of their own',
  async () => {
    using home = new BareHome();
    mkdirSync(home.root);
    for (const path of [home.folder, home.root, home.userHome]) await own(path);
    const made = await home.run(['init'], {
      before: ['setpriv', '--reuid=nobody', '--clear-groups'],
    });
    expect(made.code).toBe(0);
    expect(made.stderr).toContain('admin nobody: ssh-ed25519');
    expect(statSync(home.path('keys/authorized_keys')).uid).toBe(statSync(home.root).uid);
  },
);

test.skipIf(process.getuid?.() !== 0)('a user without an account is told so', async () => {
  using home = new BareHome();
  const told = await home.run(['status'], {
    before: ['setpriv', '--reuid=54321', '--clear-groups'],
  });
  expect(told.code).toBe(78);
  expect(told.stderr).toMatch(/^triad: error: no account has the user id 54321 .*\ntriad: hint: /);
});

async function own(path: string): Promise<void> {
  await once(spawn('chown', ['nobody', path]), 'exit');
}

async function publicHalf(path: string): Promise<string[]> {
  const child = spawn('ssh-keygen', ['-y', '-f', path]);
  let out = '';
  child.stdout.on('data', (bytes: Buffer) => (out += bytes.toString()));
  await once(child, 'close');
  return out.trim().split(' ').slice(0, 2);
}
