import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { eventually } from '../helpers/eventually.js';
import { fileLimit } from '../helpers/file-limit.js';
import { runSsh } from '../helpers/ssh-client.js';
import { TriadHome } from '../helpers/triad-home.js';

const UP = ['up', '--listen', '127.0.0.1:0'];

/** What a start that was refused may leave: the log, and empty places for sockets. */
function leftIn(home: TriadHome): string[] {
  const entries = readdirSync(home.path('state'), { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isSocket()).map(({ name }) => name);
}

function spoil(home: TriadHome, name: string, text: string): void {
  writeFileSync(home.path(name), text);
}

function fakeTmux(home: TriadHome, script: string): void {
  spoil(home, 'fake-tmux', `#!/bin/sh\n${script}\n`);
  chmodSync(home.path('fake-tmux'), 0o755);
}

const cases: readonly [string, (home: TriadHome) => void, readonly (string | RegExp)[]][] = [
  [
    'triad.yaml with several mistakes',
    (home) => spoil(home, 'config/triad.yaml', 'sessions:\n  - name: Pair\n    pane: []\n'),
    [
      'config/triad.yaml:2:5: sessions[0].name: must be 1 to 64 characters',
      'config/triad.yaml:3:5: sessions[0].pane: is not a known key',
      'config/triad.yaml:2:5: sessions[0].panes: is missing',
    ],
  ],
  [
    'tmux.conf with an unknown command',
    (home) => appendFileSync(home.path('config/tmux.conf'), 'frobnicate\n'),
    [/config\/tmux\.conf:\d+: .*frobnicate/],
  ],
  [
    'authorized_keys that others may write',
    (home) => chmodSync(home.path('keys/authorized_keys'), 0o666),
    [/keys\/authorized_keys/],
  ],
  [
    'authorized_keys that is a directory',
    (home) => {
      rmSync(home.path('keys/authorized_keys'));
      mkdirSync(home.path('keys/authorized_keys'));
    },
    [/keys\/authorized_keys/],
  ],
  [
    'an audit log that cannot be opened',
    (home) => {
      rmSync(home.path('state/audit.jsonl'), { force: true });
      mkdirSync(home.path('state/audit.jsonl'));
    },
    [/state\/audit\.jsonl: cannot be written: is a directory \(EISDIR\)/],
  ],
];

test.each(cases)('%s is told, and nothing is left', async (_what, spoilHome, messages) => {
  await using home = await TriadHome.make();
  spoilHome(home);
  const { code, stdout, stderr } = await home.run(UP);
  expect({ code, stdout }).toEqual({ code: 78, stdout: '' });
  for (const message of messages) expect(stderr).toMatch(message);
  expect(stderr).toMatch(/^triad: error: /m);
  expect(stderr).not.toMatch(/at .*\.js:\d+/);
  expect(leftIn(home)).toEqual([]);
});

test("an ssh2 without Triad's patch is told with what to do, and nothing is left", async () => {
  const NODE_OPTIONS = `--require=${fixture('unpatched.cjs')}`;
  await using home = await TriadHome.make({ env: { NODE_OPTIONS } });
  const { code, stdout, stderr } = await home.run(UP);
  expect({ code, stdout }).toEqual({ code: 78, stdout: '' });
  expect(stderr).toMatch(
    /triad: error: ssh2 must have Triad's patch number \d+, has none\ntriad: hint: npm run build applies/,
  );
  expect(leftIn(home)).toEqual([]);
});

test("without ssh2's native part it starts, warns and lets people in", async () => {
  const NODE_OPTIONS = `--require=${fixture('without-native.cjs')}`;
  await using home = await TriadHome.make({ env: { NODE_OPTIONS } });
  const up = await home.up();
  expect(up.stderr()).toContain("  note      ssh2's native part is missing, so encryption costs");
  const warned = home.lines('state/triad.log').filter(({ level }) => level === 'warn');
  expect(warned).toMatchObject([{ msg: 'native ciphers missing, encryption is slower' }]);
  const ran = await runSsh({ port: up.port, keyPath: home.adminKey }, { command: ['status'] });
  expect(ran.code, ran.stderr).toBe(0);
});

function fixture(name: string): string {
  return join(import.meta.dirname, '../fixtures/ssh2', name);
}

test('a tmux that is missing, too old or does not run is told with what to do', async () => {
  await using home = await TriadHome.make({ env: { TRIAD_TMUX: './fake-tmux' } });
  const missing = await home.run(UP);
  expect(missing).toMatchObject({ code: 78 });
  expect(missing.stderr).toMatch(
    /tmux cannot be run: \/.*\/fake-tmux: not found\ntriad: hint: install tmux 3\.3 or newer/,
  );
  fakeTmux(home, 'echo tmux 3.2a');
  const old = await home.run(UP);
  expect(old.stderr).toMatch(
    /tmux is too old: \/.*\/fake-tmux is version 3\.2a, needed is 3\.3 or newer\ntriad: hint: .*TRIAD_TMUX/,
  );
  expect(old.code).toBe(78);
  fakeTmux(home, 'exit 3');
  expect(await home.run(UP)).toMatchObject({ code: 78 });
});

test('a session that tmux cannot make leaves no tmux server, socket or listener', async () => {
  await using home = await TriadHome.make({
    triad:
      'sessions: [{name: one, panes: [{name: a, command: [cat]}]}, {name: two, panes: [{name: b, command: [cat]}]}]\n',
    env: { TRIAD_TMUX: './fake-tmux' },
  });
  fakeTmux(
    home,
    'case "$*" in *"@triad_pane b") echo "no more panes" >&2; exit 1;; esac; exec tmux "$@"',
  );
  const refused = await home.run(UP);
  expect(refused.code).toBe(1);
  expect(refused.stderr).toContain('triad: error: tmux set-option failed: no more panes');
  expect(await home.run(['down', '--session'])).toMatchObject({ code: 69 });
  expect(refused.stdout).toBe('');
});

test('a port that is taken is told, other listen addresses are let go, and no session is made', async () => {
  await using home = await TriadHome.make();
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  const { port } = other.address() as { port: number };
  const refused = await home.run([...UP, '--listen', `127.0.0.1:${port}`]);
  expect(refused.code).toBe(78);
  expect(refused.stderr).toContain(`127.0.0.1:${port}`);
  expect(refused.stderr).toMatch(/triad: hint: /);
  expect(leftIn(home)).toEqual([]);
  other.close();
});

test.each(['nowhere', '127.0.0.1', '127.0.0.1:99999', '[::1:22', 'a b:1'])(
  '--listen %s is a usage error',
  async (address) => {
    await using home = await TriadHome.make();
    const refused = await home.run(['up', '--listen', address]);
    expect(refused).toMatchObject({ code: 64, stdout: '' });
    expect(refused.stderr).toMatch(/^triad: error: .*\n/m);
  },
);

test('where the audit log takes nothing the agents run, and nobody gets in or is given access', async () => {
  await using home = await TriadHome.make({ people: { olga: 'observer' } });
  // Larger than all that a start writes, so that the limit is met by the audit log alone.
  const limit = 4 * 1024 * 1024;
  truncateSync(home.path('state/audit.jsonl'), limit);
  using _limit = fileLimit(limit);
  const up = await home.up();
  await eventually('the start says so', () => /PROBLEM.*audit/.test(up.stderr()));
  const target = { port: up.port, keyPath: home.keyOf('olga') };
  expect((await runSsh(target, { command: ['who'] })).code).not.toBe(0);
  const grant = await home.run(['grant', 'dora', '--role', 'driver', '--key', 'people/dora.pub']);
  expect(grant.code).toBe(1);
  expect(grant.stderr).toContain('the audit log cannot be written');
  expect(home.read('keys/authorized_keys')).not.toContain('dora');
});

test('hostile text in a configuration never reaches the terminal or the log raw', async () => {
  await using home = await TriadHome.make({
    triad: 'sessions: [{name: "\\e[31mred", panes: "\\e]0;owned\\a"}]\n"k\\e[2J": 1\n',
  });
  const refused = await home.run(UP);
  expect(refused.code).toBe(78);
  expect(
    refused.stderr + (existsSync(home.path('state/triad.log')) ? home.read('state/triad.log') : ''),
  ).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f]/);
});
