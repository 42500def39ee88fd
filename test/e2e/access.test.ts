import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { eventually } from '../helpers/eventually.js';
import { any, having, matching } from '../helpers/matching.js';
import { runSsh } from '../helpers/ssh-client.js';
import { makeKeyPair } from '../helpers/ssh-keys.js';
import { Terminal } from '../helpers/terminal.js';
import { TriadHome } from '../helpers/triad-home.js';

const FILE = 'keys/authorized_keys';

test('grants, grant and revoke work where nothing runs, keep what people wrote, and are on record', async () => {
  await using home = await TriadHome.make();
  const before = `# our team\n${home.read(FILE)}\nnot a line of ours\n`;
  writeFileSync(home.path(FILE), before);
  const granted = await home.run(
    [
      'grant',
      'dora',
      '--role',
      'driver',
      '--key',
      'people/dora.pub',
      '--key',
      '-',
      '--session',
      'pair',
      '--from',
      '127.0.0.0/8',
      '--from',
      '::1',
      '--until',
      '2099-01-02',
    ],
    home.read('people/dirk.pub'),
  );
  expect(granted).toMatchObject({ code: 0, stderr: '' });
  expect(granted.stdout).toMatch(/^(dora \(SHA256:\S+\): driver, .*\n){2}to connect: /);
  const after = home.read(FILE);
  expect(after.startsWith(before)).toBe(true);
  expect(after.slice(before.length).split('\n').slice(0, -1)).toEqual([
    matching(
      /^(?=.*role="driver")(?=.*sessions="pair")(?=.*expiry-time="2099010[23])(?=.*from="127\.0\.0\.0\/8,::1").* ssh-ed25519 \S+ dora$/,
    ),
    matching(/ dora$/),
  ]);
  const listed = JSON.parse((await home.run(['grants', '--json'])).stdout) as {
    grants: object[];
    problems: object[];
  };
  expect(listed.grants).toHaveLength(3);
  expect(listed.grants[1]).toEqual({
    engineer: 'dora',
    role: 'driver',
    sessions: ['pair'],
    expiresAt: matching(/^2099-01-0\dT/),
    from: '127.0.0.0/8,::1',
    key: { type: 'ssh-ed25519', fingerprint: matching(/^SHA256:/) },
    line: 5,
  });
  expect(listed.problems).toEqual([{ line: 4, reason: any(String) }]);
  const table = (await home.run(['grants'])).stdout;
  expect(table).toMatch(
    /^dora +driver +pair +2099-\S+ \S+ \S+ +127\.0\.0\.0\/8,::1 +ssh-ed25519 SHA256:\S+ +5$/m,
  );
  expect(table).toMatch(/^bad line 4: /m);
  expect(await home.run(['revoke', 'dora'])).toMatchObject({
    code: 0,
    stdout: matching(/^(dora \(SHA256:\S+\): access taken back\n){2}$/),
  });
  expect(home.read(FILE)).toBe(before);
  const events = home.lines('state/audit.jsonl').slice(-2);
  expect(events).toMatchObject([
    {
      event: 'access-granted',
      actor: { door: 'local' },
      changes: [{ before: null, after: { engineer: 'dora', role: 'driver' } }, {}],
    },
    { event: 'access-revoked', changes: [{ before: { engineer: 'dora' }, after: null }, {}] },
  ]);
});

test('edits at the same time lose nothing, with and without a gateway', async () => {
  await using home = await TriadHome.make();
  const names = Array.from({ length: 6 }, (_, index) => `e${index}`);
  for (const name of names) await makeKeyPair(home.root, name);
  const grant = (name: string) =>
    home.run(['grant', name, '--role', 'observer', '--key', `${name}.pub`]);
  const offline = await Promise.all(names.slice(0, 3).map(grant));
  await home.up();
  const online = await Promise.all(names.slice(3).map(grant));
  expect([...offline, ...online].map(({ code, stderr }) => (code === 0 ? 0 : stderr))).toEqual([
    0, 0, 0, 0, 0, 0,
  ]);
  const listed = JSON.parse((await home.run(['grants', '--json'])).stdout) as {
    grants: { engineer: string }[];
  };
  expect(
    listed.grants
      .map(({ engineer }) => engineer)
      .slice(1)
      .sort(),
  ).toEqual(names);
});

test('a change of access reaches those who are connected: by command, over SSH and by hand', async () => {
  await using home = await TriadHome.make({ people: { dora: 'observer' } });
  const { port } = await home.up();
  const target = { port, keyPath: home.keyOf('dora') };
  await using terminal = Terminal.ssh(target);
  await terminal.sees(/watching .*q leaves/);
  expect(await home.run(['grant', 'dora', '--role', 'driver'])).toMatchObject({
    code: 0,
    stdout: matching(/^dora \(SHA256:\S+\): driver, .*\(was: observer, .*\)\n/),
  });
  await terminal.sees('driving - C-b d leaves');
  const admin = { port, keyPath: home.adminKey };
  expect(await runSsh(admin, { command: ['grant', 'dora', '--role', 'observer'] })).toMatchObject({
    code: 0,
  });
  await terminal.sees(/watching .*q leaves/);
  writeFileSync(home.path(FILE), home.read(FILE).replace('role="observer"', 'role="driver"'));
  await terminal.sees('driving - C-b d leaves');
  expect(await home.run(['revoke', 'dora'])).toMatchObject({ code: 0 });
  await terminal.sees('your access to pair was taken back');
  expect(await terminal.status()).toBe(77);
  const changes = home
    .lines('state/audit.jsonl')
    .filter(({ event }) => event === 'attachment-role-changed');
  expect(changes.map(({ from, role }) => `${String(from)} ${String(role)}`)).toEqual([
    'observer driver',
    'driver observer',
    'observer driver',
  ]);
});

test('a line that is taken out by hand closes those who came by it', async () => {
  await using home = await TriadHome.make({ people: { dora: 'driver' } });
  const { port } = await home.up();
  await using terminal = Terminal.ssh({ port, keyPath: home.keyOf('dora') });
  await terminal.sees('driving');
  const lines = home.read(FILE).split('\n');
  writeFileSync(home.path(FILE), lines.filter((line) => !line.endsWith(' dora')).join('\n'));
  expect(await terminal.status()).toBe(77);
  await terminal.sees('your access to pair was taken back');
});

test('a bad line is reported by its number and costs only itself, and an unreadable file keeps the last good state', async () => {
  await using home = await TriadHome.make({ people: { dora: 'driver' } });
  const { port } = await home.up();
  const good = home.read(FILE);
  writeFileSync(home.path(FILE), `role="king" ssh-ed25519 AAAA \u001b[31mred\n${good}`);
  const problem = await eventually('the bad line is reported', async () => {
    return /^bad line 1: .*$/m.exec((await home.run(['grants'])).stdout)?.[0];
  });
  expect(problem).not.toContain('\u001b');
  expect(home.lines('state/triad.log')).toContainEqual(
    having({ msg: 'bad line ignored', line: 1 }),
  );
  expect(readFileSync(home.path('state/triad.log'), 'utf8')).not.toContain('\u001b');
  const target = { port, keyPath: home.keyOf('dora') };
  expect(await runSsh(target, { command: ['who'] })).toMatchObject({ code: 0 });
  chmodSync(home.path(FILE), 0o666);
  await eventually('the file is told to be not up to date', async () =>
    (await home.run(['grants'])).stdout.includes('not up to date: '),
  );
  expect(await runSsh(target, { command: ['who'] })).toMatchObject({ code: 0 });
  expect(await home.run(['revoke', 'dora'])).toMatchObject({ code: 78 });
});

test('a grant that has expired, is for elsewhere or for another session lets nobody do anything, and says what they may know', async () => {
  await using home = await TriadHome.make({
    triad:
      'sessions: [{name: pair, panes: [{name: a, command: [cat]}]}, {name: solo, panes: [{name: a, command: [cat]}]}]\n',
  });
  home.addGrant('dora', 'role="admin",expiry-time="20200101"');
  home.addGrant('dirk', 'role="admin",from="192.0.2.0/24"');
  home.addGrant('olga', 'role="admin",sessions="solo"');
  const { port } = await home.up();
  const none = 'you have no access to a session named "pair" here';
  for (const [person, told] of [
    [
      'dora',
      /^triad: your access to pair expired at 20(?:19|20)-.*; ask an admin of pair .*\bdirk$/m,
    ],
    ['dirk', new RegExp(`^triad: ${none}$`, 'm')],
    ['olga', new RegExp(`^triad: ${none}; sessions that you may see: solo$`, 'm')],
  ] as const) {
    const denied = await runSsh({ port, keyPath: home.keyOf(person) }, { command: ['status'] });
    expect(denied).toMatchObject({ code: 77, stdout: '' });
    expect(denied.stderr).toMatch(told);
  }
  const solo = { port, login: 'solo', keyPath: home.keyOf('olga') };
  const seen = await runSsh(solo, { command: ['status', '--json'] });
  expect(JSON.parse(seen.stdout)).toMatchObject({ sessions: [{ name: 'solo' }] });
  expect(seen.stdout).not.toContain('"pair"');
  for (const words of [
    ['down'],
    ['grant', 'x', '--role', 'admin', '--key', '-'],
    ['revoke', 'dora'],
    ['restart', 'pair:a'],
  ]) {
    expect(await runSsh(solo, { command: words, input: '' })).toMatchObject({ code: 77 });
  }
});
