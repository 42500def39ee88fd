/**
 * The admin of one session reaches for the rest: takes the admin of all sessions down to "all but
 * mine", makes themselves admin of everything, looks who has access elsewhere, and learns the names
 * of sessions from refusals. Each is refused without a name, the last admin of all sessions cannot be
 * lost by mistake, and both go on with what is theirs.
 */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runSsh, type SshResult } from '../../helpers/ssh-client.js';
import { TriadHome } from '../../helpers/triad-home.js';

const TRIAD = `sessions:
  - {name: pair, panes: [{name: worker, command: [cat]}]}
  - {name: vault, panes: [{name: safe, command: [cat]}]}
`;

let home: TriadHome;
let port = 0;

beforeAll(async () => {
  home = await TriadHome.make({ triad: TRIAD, people: { dora: 'driver' } });
  home.addGrant('ada', 'role="admin",sessions="pair"');
  home.addGrant('dirk', 'role="driver",sessions="vault",from="127.0.0.0/8"');
  ({ port } = await home.up());
});

afterAll(async () => {
  await home[Symbol.asyncDispose]();
});

async function asAda(...command: string[]): Promise<SshResult> {
  return await runSsh({ port, keyPath: home.keyOf('ada') }, { command });
}

async function asRoot(...command: string[]): Promise<SshResult> {
  return await runSsh({ port, keyPath: home.adminKey }, { command });
}

function grantsFile(): string {
  return readFileSync(home.path('keys/authorized_keys'), 'utf8');
}

test('grants that reach beyond the session are not changed, shadowed or told of', async () => {
  const before = grantsFile();
  const root = /^role="admin" \S+ \S+ (\S+)$/m.exec(before)?.[1] ?? '';
  for (const command of [
    ['revoke', root, '--session', 'pair'],
    ['grant', root, '--role', 'observer', '--session', 'pair'],
    ['revoke', root],
    ['revoke', 'dora', '--session', 'pair'],
    ['grant', 'ada', '--role', 'admin'],
    ['grant', 'ada', '--role', 'admin', '--session', 'vault'],
    ['revoke', 'dirk', '--session', 'vault'],
    ['reload'],
    ['down'],
  ]) {
    const ran = await asAda(...command);
    expect(ran.code, `${command.join(' ')}: ${ran.stdout}${ran.stderr}`).toBe(77);
    if (!command.includes('vault')) expect(ran.stderr).not.toContain('vault');
  }
  expect(grantsFile()).toBe(before);
  expect((await asRoot('reload')).code).toBe(0);
  const listed = await asAda('grants');
  expect(listed.stdout).toContain('ada');
  expect(listed.stdout).not.toMatch(/dirk|vault|dora/);
  const unknown = await asAda('revoke', 'nobody', '--session', 'pair');
  const foreign = await asAda('revoke', 'dirk', '--session', 'pair');
  expect(foreign).toEqual({ ...unknown, stderr: unknown.stderr.replace('nobody', 'dirk') });
});

test('a session that is not theirs is answered as one that does not exist', async () => {
  for (const verb of [
    ['capture', 'SESSION:safe'],
    ['send', 'SESSION:safe', 'x'],
    ['restart', '--all', '--session', 'SESSION'],
    ['logs', 'SESSION:safe'],
    ['watch', 'SESSION:safe'],
    ['grant', 'ada', '--role', 'admin', '--session', 'SESSION'],
    ['revoke', 'ada', '--session', 'SESSION'],
  ]) {
    const ask = (session: string) => asAda(...verb.map((word) => word.replace('SESSION', session)));
    const there = await ask('vault');
    const nowhere = await ask('nosuch');
    expect(there.code, verb.join(' ')).toBe(77);
    expect(there).toEqual({ ...nowhere, stderr: nowhere.stderr.replaceAll('nosuch', 'vault') });
    expect(nowhere.stderr).not.toContain('vault');
  }
  const login = (session: string) =>
    runSsh({ port, keyPath: home.keyOf('ada'), login: session }, { command: ['status'] });
  const [there, nowhere] = [await login('vault'), await login('nosuch')];
  expect(there).toEqual({ ...nowhere, stderr: nowhere.stderr.replaceAll('nosuch', 'vault') });
  expect((await asAda('status', '--json')).stdout).not.toContain('vault');
  expect((await asAda('events')).stdout).not.toMatch(/vault|^\S+ \S+ {2}host/m);
});

test('they go on with what is theirs', async () => {
  const input = readFileSync(`${home.keyOf('dirk')}.pub`, 'utf8');
  const stranger = readFileSync(`${home.keyOf('ada')}.pub`, 'utf8');
  expect((await asAda('send', 'worker', 'mine')).code).toBe(0);
  const target = { port, keyPath: home.keyOf('ada') };
  const command = ['grant', 'newcomer', '--role', 'driver', '--session', 'pair', '--key', '-'];
  const taken = await runSsh(target, { command, input });
  expect(taken.code).toBe(1);
  expect(taken.stderr).toMatch(/the key \S+ is not free/);
  const under = ['grant', 'dirk', '--role', 'driver', '--session', 'pair', '--key', '-'];
  expect((await runSsh(target, { command: under, input: stranger })).code).not.toBe(0);
  expect((await asAda('grant', 'ada', '--role', 'admin', '--session', 'pair')).code).toBe(0);
});

test('the last admin of all sessions goes by force at the host only', async () => {
  const root = /^role="admin" \S+ \S+ (\S+)$/m.exec(grantsFile())?.[1] ?? '';
  const before = grantsFile();
  for (const command of [
    ['revoke', root],
    ['revoke', root, '--session', 'vault'],
    ['grant', root, '--role', 'driver'],
  ]) {
    const ran = await asRoot(...command);
    expect(ran.code, ran.stderr).toBe(1);
    expect(ran.stderr).toContain('nobody would be left who is admin of all sessions');
    expect((await asRoot(...command, '--force')).code).toBe(77);
    expect((await home.run(command)).code).toBe(1);
  }
  expect(grantsFile()).toBe(before);
  expect((await home.run(['revoke', root, '--force'])).code).toBe(0);
  expect((await asRoot('status')).code).not.toBe(0);
});
