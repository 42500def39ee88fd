import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { findSshWith } from '../helpers/openssh.js';
import { findPythonWith } from '../helpers/python.js';
import { runSsh, sshArguments } from '../helpers/ssh-client.js';
import { type KeyKind, type KeyPair, makeKeyPair } from '../helpers/ssh-keys.js';
import { Terminal } from '../helpers/terminal.js';
import { TmuxProbe } from '../helpers/tmux-probe.js';
import { TriadHome } from '../helpers/triad-home.js';

let home: TriadHome;
let port = 0;

beforeAll(async () => {
  home = await TriadHome.make({ people: { dora: 'driver', olga: 'observer' } });
  ({ port } = await home.up());
  // Keys that come within a millisecond of others, on a loaded machine, are keys all the same.
  const probe = await TmuxProbe.of(home);
  await probe.ask('set-option', '-g', 'assume-paste-time', '0');
});

afterAll(async () => {
  await home[Symbol.asyncDispose]();
});

function isInstalled(program: string): boolean {
  return spawnSync('sh', ['-c', `command -v "$0"`, program]).status === 0;
}

async function typesAndLeaves(terminal: Terminal, sentence: string): Promise<void> {
  await terminal.sees('driving');
  terminal.type(`${sentence}\r`);
  await terminal.sees(new RegExp(`${sentence}\\s+${sentence}`));
  terminal.type('\x02d');
  expect(await terminal.status(), terminal.text).toBe(0);
  expect(terminal.text).toContain('triad: you left pair; the session goes on');
  expect(terminal.isRestored).toBe(true);
}

test.skipIf(!isInstalled('dbclient') || !isInstalled('dropbearconvert'))(
  'dbclient attaches',
  async () => {
    const key = home.path('dora.dropbear');
    const converted = spawnSync('dropbearconvert', [
      'openssh',
      'dropbear',
      home.keyOf('dora'),
      key,
    ]);
    expect(converted.status, String(converted.stderr)).toBe(0);
    const argv = ['dbclient', '-y', '-y', '-t', '-i', key, '-p', String(port), 'pair@127.0.0.1'];
    await using terminal = new Terminal({ argv });
    await typesAndLeaves(terminal, 'typed in dropbear');
  },
);

test.skipIf(!isInstalled('plink') || !isInstalled('puttygen'))('plink attaches', async () => {
  const key = home.path('dora.ppk');
  const converted = spawnSync('puttygen', [home.keyOf('dora'), '-O', 'private', '-o', key]);
  expect(converted.status, String(converted.stderr)).toBe(0);
  const { gateway } = await home.status();
  const hostKeys = gateway.hostKeys.flatMap(({ fingerprint }) => ['-hostkey', fingerprint]);
  const options = ['-batch', '-ssh', '-t', '-i', key, '-P', String(port), ...hostKeys];
  await using terminal = new Terminal({ argv: ['plink', ...options, 'pair@127.0.0.1'] });
  await typesAndLeaves(terminal, 'typed in putty');
});

/** Another key of dora's, made when it is first asked for. */
async function keyOfKind(kind: KeyKind): Promise<KeyPair> {
  const name = `dora-${kind.type}-${kind.bits ?? ''}`;
  const known = extraKeys.get(name);
  if (known !== undefined) return known;
  const key = await makeKeyPair(home.path('.'), name, kind);
  extraKeys.set(name, key);
  const granted = await runSsh(
    { port, keyPath: home.adminKey },
    { command: ['grant', 'dora', '--role', 'driver', '--key', '-'], input: key.publicLine },
  );
  expect(granted.code, granted.stderr).toBe(0);
  return key;
}

const extraKeys = new Map<string, KeyPair>();

const RSA: KeyKind = { type: 'rsa', bits: 2048 };
const ED25519: KeyKind = { type: 'ed25519' };
const ECDSA: KeyKind = { type: 'ecdsa', bits: 256 };

/** `algorithms` as the library's script takes them: paramiko is told what not to use. */
const PYTHON_CLIENTS = [
  { library: 'asyncssh', kind: RSA, algorithms: '-', signs: 'rsa as it chooses' },
  { library: 'asyncssh', kind: RSA, algorithms: 'rsa-sha2-256', signs: 'rsa-sha2-256 only' },
  { library: 'asyncssh', kind: RSA, algorithms: 'rsa-sha2-512', signs: 'rsa-sha2-512 only' },
  { library: 'asyncssh', kind: ED25519, algorithms: '-', signs: 'ed25519' },
  { library: 'asyncssh', kind: ECDSA, algorithms: '-', signs: 'ecdsa' },
  { library: 'paramiko', kind: RSA, algorithms: 'rsa-sha2-256,ssh-rsa', signs: 'rsa-sha2-512' },
  { library: 'paramiko', kind: RSA, algorithms: 'rsa-sha2-512,ssh-rsa', signs: 'rsa-sha2-256' },
  { library: 'paramiko', kind: ED25519, algorithms: '-', signs: 'ed25519' },
  { library: 'paramiko', kind: ECDSA, algorithms: '-', signs: 'ecdsa' },
] as const;

test.for(PYTHON_CLIENTS)('$library with $signs attaches', async (client, { skip }) => {
  const { library, kind, algorithms, signs } = client;
  const python = findPythonWith(library);
  if (python === undefined) return skip(`no python3 has the module ${library}`);
  const key = await keyOfKind(kind);
  const script = resolve(import.meta.dirname, `../fixtures/clients/${library}_client.py`);
  const sentence = `typed in ${library} with ${signs}`;
  const argv = ['-W', 'ignore', script, `${port}`, key.path, algorithms, sentence];
  const ran = spawnSync(python, argv, { encoding: 'utf8' });
  expect(ran.status, ran.stderr).toBe(0);
  const { command, failed, attached } = JSON.parse(ran.stdout) as Record<string, PythonAnswer>;
  expect(command).toMatchObject({ status: 0, stdout: 'nobody is attached\n' });
  expect(failed?.status).toBe(64);
  expect(failed?.stderr).toContain('there is no pane nosuch');
  expect(attached?.status).toBe(0);
  expect(attached?.screen).toContain(sentence);
  expect(attached?.screen).toContain('triad: you left pair; the session goes on');
});

interface PythonAnswer {
  readonly status: number;
  readonly stdout?: string;
  readonly stderr?: string;
  readonly screen?: string;
}

test.each(['rsa-sha2-256', 'rsa-sha2-512'])(
  'an OpenSSH that signs with %s only runs a command and attaches',
  async (algorithm) => {
    const target = { port, keyPath: (await keyOfKind(RSA)).path };
    const options = ['-o', `PubkeyAcceptedAlgorithms=${algorithm}`];
    const ran = await runSsh(target, { options: ['-v', ...options], command: ['who'] });
    expect(ran.code, ran.stderr).toBe(0);
    expect(ran.stderr).toContain('Server accepts key');
    await using terminal = new Terminal({
      argv: ['ssh', ...sshArguments(target, [...options, '-tt'])],
    });
    await typesAndLeaves(terminal, `signed with ${algorithm}`);
  },
);

const postQuantumSsh = findSshWith('mlkem768x25519-sha256');

test.skipIf(postQuantumSsh === undefined)(
  'an OpenSSH that allows post-quantum key exchange only attaches, and warns of nothing',
  async () => {
    const only = ['-o', 'KexAlgorithms=mlkem768x25519-sha256', '-tt'];
    const target = { port, keyPath: home.keyOf('dora') };
    const argv = [postQuantumSsh ?? '', ...sshArguments(target, only)];
    await using terminal = new Terminal({ argv });
    await typesAndLeaves(terminal, 'typed after quantum');
    expect(terminal.text).not.toMatch(/WARNING|post-quantum/);
  },
);

test('two attachments and a command share one connection', async () => {
  const control = home.path('mux');
  const master = ['-o', `ControlPath=${control}`, '-o', 'ControlMaster=auto', '-tt', '-e', 'none'];
  const target = { port, keyPath: home.keyOf('dora') };
  await using first = new Terminal({ argv: ['ssh', ...sshArguments(target, master)] });
  await first.sees('driving');
  await using second = new Terminal({ argv: ['ssh', ...sshArguments(target, master)] });
  await second.sees('driving');
  const who = await runSsh(target, {
    options: ['-o', `ControlPath=${control}`],
    command: ['who', '--json'],
  });
  const remotes = (JSON.parse(who.stdout) as { remote: string }[]).map(({ remote }) => remote);
  expect(remotes).toHaveLength(2);
  expect(new Set(remotes).size).toBe(1);
  second.type('from the second\r');
  await first.sees(/from the second\s+from the second/);
  second.type('\x02d');
  expect(await second.status()).toBe(0);
  first.type('the first goes on\r');
  await first.sees(/the first goes on\s+the first goes on/);
  first.type('\x02d');
  expect(await first.status()).toBe(0);
});

const MATRIX = [
  { role: 'observer', allowed: [['status'], ['who'], ['capture', 'worker']] },
  {
    role: 'driver',
    allowed: [
      ['send', 'worker', 'hello'],
      ['keys', 'worker', 'Enter'],
      ['restart', 'worker'],
    ],
  },
  {
    role: 'admin',
    allowed: [
      ['grants'],
      ['grant', 'otto', '--role', 'driver'],
      ['kick', 'A9999'],
      ['revoke', 'nobody'],
    ],
  },
] as const;
const RANK = { observer: 0, driver: 1, admin: 2 } as const;
const PERSON = { observer: 'olga', driver: 'dora', admin: 'ada' } as const;

test.each(['observer', 'driver', 'admin'] as const)(
  'over SSH, somebody who is %s runs the verbs of that role only',
  async (role) => {
    const person = PERSON[role];
    if (role === 'admin') {
      const input = readFileSync(`${home.keyOf('ada')}.pub`, 'utf8');
      const target = { port, keyPath: home.adminKey };
      const granted = await runSsh(target, {
        command: ['grant', 'ada', '--role', 'admin', '--key', '-'],
        input,
      });
      expect(granted.code, granted.stderr).toBe(0);
    }
    for (const row of MATRIX) {
      const isAllowed = RANK[role] >= RANK[row.role];
      for (const command of row.allowed) {
        const ran = await runSsh({ port, keyPath: home.keyOf(person) }, { command });
        const message = `${command.join(' ')}: ${ran.stderr}`;
        if (isAllowed) expect(ran.code, message).not.toBe(77);
        else {
          expect(ran.code, message).toBe(77);
          expect(ran.stderr).toContain(
            `this needs ${row.role === 'driver' ? 'a driver' : 'an admin'} of pair`,
          );
        }
      }
    }
  },
);

test('down over SSH is refused to a driver', async () => {
  const refused = await runSsh({ port, keyPath: home.keyOf('dora') }, { command: ['down'] });
  expect(refused.code).toBe(77);
});

test('an admin of one session does not touch others', async () => {
  const triad = `sessions:
  - {name: pair, panes: [{name: worker, command: [cat]}]}
  - {name: other, panes: [{name: worker, command: [cat]}]}
`;
  await using two = await TriadHome.make({ triad, people: { dora: 'driver' } });
  two.addGrant('ada', 'role="admin",sessions="pair"');
  two.addGrant('otto', 'role="driver",sessions="pair"');
  const up = await two.up();
  const target = { port: up.port, keyPath: two.keyOf('ada') };
  const run = (...command: string[]) => runSsh(target, { command });
  expect((await run('send', 'worker', 'mine')).code).toBe(0);
  for (const command of [
    ['send', 'other:worker', 'x'],
    ['capture', 'other:worker'],
    ['restart', 'other:worker'],
    ['grant', 'dora', '--role', 'observer'],
    ['grant', 'dora', '--role', 'observer', '--session', 'other'],
    ['revoke', 'dora'],
    ['revoke', 'dora', '--session', 'other'],
    // Her line is for all sessions.
    ['revoke', 'dora', '--session', 'pair'],
    ['down'],
  ]) {
    const ran = await run(...command);
    expect(ran.code, `${command.join(' ')}: ${ran.stdout}${ran.stderr}`).toBe(77);
  }
  const elsewhere = await runSsh({ ...target, login: 'other' }, { command: ['status'] });
  expect(elsewhere.code).toBe(77);
  const status = await run('status', '--json');
  expect(status.stdout).not.toContain('"other"');
  const driver = await runSsh(
    { port: up.port, keyPath: two.keyOf('dora'), login: 'other' },
    { command: ['who'] },
  );
  expect(driver.code).toBe(0);
  expect((await run('revoke', 'otto', '--session', 'pair')).code).toBe(0);
  const gone = await runSsh({ port: up.port, keyPath: two.keyOf('otto') }, { command: ['who'] });
  expect(gone.code).toBe(255);
});
