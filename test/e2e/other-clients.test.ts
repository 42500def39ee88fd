import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { findSshWith } from '../helpers/openssh.js';
import { runSsh, sshArguments } from '../helpers/ssh-client.js';
import { Terminal } from '../helpers/terminal.js';
import { TriadHome } from '../helpers/triad-home.js';

let home: TriadHome;
let port = 0;

beforeAll(async () => {
  home = await TriadHome.make({ people: { dora: 'driver', olga: 'observer' } });
  ({ port } = await home.up());
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
  expect((await run('revoke', 'dora', '--session', 'pair')).code).toBe(0);
  const gone = await runSsh({ port: up.port, keyPath: two.keyOf('dora') }, { command: ['who'] });
  expect(gone.code).toBe(77);
});
