import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { dirname } from 'node:path';
import { expect, test } from 'vitest';
import { eventually } from '../helpers/eventually.js';
import { PrivateTmux } from '../helpers/private-tmux.js';
import { runSsh } from '../helpers/ssh-client.js';
import { makeKeyPair } from '../helpers/ssh-keys.js';
import { Terminal } from '../helpers/terminal.js';
import { TriadHome } from '../helpers/triad-home.js';

const STOPPING = 'triad: the gateway is stopping; session pair goes on, try again later';

/** proc(5): the session id of a process is its sixth field. */
function sessionOf(pid: number): number {
  const status = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return Number(status.slice(status.lastIndexOf(')') + 2).split(' ')[3]);
}

/** What a shell makes of a command that somebody copied, in another folder and without our environment. */
function pasted(command: string): string {
  const env = { PATH: `${dirname(process.execPath)}:/usr/bin:/bin`, HOME: '/' };
  return execFileSync('/bin/sh', ['-c', command], { cwd: '/', env, encoding: 'utf8' });
}

test('up --detach returns when people are let in, in a session of its own; a second one says so, and down ends it', async () => {
  await using home = await TriadHome.make();
  const { code, stdout, stderr } = await home.run(['up', '-d', '--listen', '127.0.0.1:0']);
  expect(code, stderr).toBe(0);
  expect(stderr).toContain(`stop      \`${home.program} down\`: the gateway stops`);
  const pid = Number(/goes on in the background as process (\d+)\n$/.exec(stderr)?.[1]);
  expect(sessionOf(pid)).toBe(pid);
  const port = Number(/^ready ssh -p (\d+) /.exec(stdout)?.[1]);
  const seen = await runSsh({ port, keyPath: home.adminKey }, { command: ['status'] });
  expect(seen).toMatchObject({ code: 0 });
  const second = await home.run(['up', '--detach', '--listen', '127.0.0.1:0']);
  expect(second).toMatchObject({ code: 1, stdout: '' });
  expect(second.stderr).toContain('triad is running here already');
  expect(await home.run(['down', '--session'])).toMatchObject({ code: 0 });
  await eventually('the process has ended', async () => (await home.run(['status'])).code === 69);
});

test('up --detach that cannot start says why, with its exit status', async () => {
  await using home = await TriadHome.make();
  writeFileSync(home.path('config/triad.yaml'), 'sessions: []\n');
  const { code, stdout, stderr } = await home.run(['up', '--detach']);
  expect({ code, stdout }).toEqual({ code: 78, stdout: '' });
  expect(stderr).toContain('config/triad.yaml');
  expect(stderr).not.toContain('background');
});

test('host and gateway go to the background, too', async () => {
  await using home = await TriadHome.make();
  expect(await home.run(['host', '--detach'])).toMatchObject({ code: 0 });
  const gateway = await home.run(['gateway', '--detach', '--listen', '127.0.0.1:0']);
  expect(gateway).toMatchObject({ code: 0 });
  expect((await home.run(['status'])).stdout).toContain('session pair: running');
  expect(await home.run(['down', '--session'])).toMatchObject({ code: 0 });
});

test('a terminal that closes ends no triad up that was started in it, and is in the log', async () => {
  await using home = await TriadHome.make();
  const start = [process.execPath, home.main, '--home', home.root, 'up', '--listen', '127.0.0.1:0'];
  const terminal = await PrivateTmux.start({ command: ['sh', '-c', `${start.join(' ')}; exit`] });
  await terminal.shows('ready ssh');
  await terminal[Symbol.asyncDispose]();
  await eventually('the log says so', () =>
    home.read('state/triad.log').includes('terminal closed, going on without it'),
  );
  const { gateway, sessions } = await home.status();
  expect(sessions).toMatchObject([{ state: 'running' }]);
  const port = Number(gateway.listen[0]?.split(':').at(-1));
  const seen = await runSsh({ port, keyPath: home.adminKey }, { command: ['status'] });
  expect(seen).toMatchObject({ code: 0 });
  expect(await home.run(['down', '--session'])).toMatchObject({ code: 0 });
});

test('a Ctrl-C that arrives twice, as under npm, still says goodbye and leaves each terminal as it was', async () => {
  await using home = await TriadHome.make({ people: { dora: 'driver' } });
  const up = await home.up();
  await using driver = Terminal.ssh({ port: up.port, keyPath: home.keyOf('dora') });
  await driver.sees('driving');
  up.process.kill('SIGINT');
  await eventually('it stops', () => up.stderr().includes('the gateway stops'));
  up.process.kill('SIGINT');
  expect((await up.ended).code).toBe(0);
  await driver.status();
  expect(driver.lastLine).toBe(STOPPING);
  expect(driver.isRestored, `modes ${driver.modes.join()}`).toBe(true);
});

test('a third signal ends a stop that waits for somebody who does not read', async () => {
  await using home = await TriadHome.make({ people: { dora: 'driver' } });
  const up = await home.up();
  await using driver = Terminal.ssh({ port: up.port, keyPath: home.keyOf('dora') });
  await driver.sees('driving');
  process.kill(driver.process.pid, 'SIGSTOP');
  // At once when it says so: a stop waits for two seconds at most.
  up.process.stderr.on('data', (text: Buffer) => {
    if (!text.toString().includes('the gateway stops')) return;
    up.process.kill('SIGTERM');
    up.process.kill('SIGINT');
  });
  up.process.kill('SIGINT');
  const { code, stderr } = await up.ended;
  expect(code, stderr).toBe(130);
  expect(stderr).toContain('ended in the middle of the stop');
  process.kill(driver.process.pid, 'SIGCONT');
});

test('what is copied from the screen works in another folder and another environment', async () => {
  await using home = await TriadHome.make();
  const up = await home.up();
  const second = await home.run(['up']);
  const see = /see it with: (.*) \(process/.exec(second.stderr)?.[1] ?? '';
  expect(pasted(see)).toContain('session pair: running');
  const down = /stop it with: (.*)\n/.exec(second.stderr)?.[1] ?? '';
  expect(pasted(down)).toContain(`\`${home.program} up\` takes it over again`);
  expect((await up.ended).code).toBe(0);
  const end = /(\S+ --home \S+ down --session) ends it/.exec((await home.run(['status'])).stderr);
  expect(pasted(end?.[1] ?? '')).toContain('ended pair');
});

test('over SSH a hint is a command of that connection', async () => {
  await using home = await TriadHome.make();
  const { port } = await home.up();
  const target = { port, keyPath: home.adminKey };
  const { stderr } = await runSsh(target, { command: ['kick', 'nobody'] });
  expect(stderr).toContain(`hint: ssh -p ${port} pair@127.0.0.1 who --connections\n`);
});

test('a grant ends with what to send: the command that connects, and the fingerprints', async () => {
  await using home = await TriadHome.make();
  const { path } = await makeKeyPair(home.root, 'bob');
  const { port } = await home.up();
  const { gateway } = await home.status();
  const words = ['grant', 'bob', '--role', 'observer', '--key', `${path}.pub`];
  const { stdout } = await home.run(words);
  expect(stdout).toContain(`to connect: ssh -p ${port} pair@127.0.0.1\n`);
  expect(stdout).toContain('listens on this machine only');
  for (const { type, fingerprint } of gateway.hostKeys) {
    expect(stdout).toContain(`host key ${type} ${fingerprint}\n`);
  }
});

const outer = Object.values(networkInterfaces())
  .flatMap((each) => each ?? [])
  .find(({ internal, family }) => !internal && family === 'IPv4');

test.skipIf(outer === undefined)(
  'a gateway on all addresses prints one that others reach',
  async () => {
    await using home = await TriadHome.make();
    const up = await home.up(['--listen', '0.0.0.0:0']);
    expect(up.stderr()).toContain(`others    ssh -p ${up.port} pair@${outer?.address}\n`);
  },
);

test('up takes a command after two dashes only, and a misspelt command is none', async () => {
  await using home = await TriadHome.make();
  const { code, stderr } = await home.run(['up', 'extra']);
  expect(code).toBe(64);
  expect(stderr).toContain('up takes no argument extra');
  expect(stderr).toContain('up -- COMMAND');
  const misspelt = await home.run(['staus']);
  expect(misspelt.code).toBe(64);
  expect(misspelt.stderr).toContain(`did you mean ${home.program} status?`);
});
