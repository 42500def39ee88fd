import { join } from 'node:path';
import { expect, test } from 'vitest';
import { eventually } from '../helpers/eventually.js';
import { runSsh } from '../helpers/ssh-client.js';
import { Terminal } from '../helpers/terminal.js';
import { TmuxProbe } from '../helpers/tmux-probe.js';
import { type Running, TriadHome, type Up } from '../helpers/triad-home.js';

const PEOPLE = { dora: 'driver', olga: 'observer' } as const;
const AWAY = 'the host of pair is away; its agents go on';

interface Pair extends AsyncDisposable {
  readonly home: TriadHome;
  readonly host: Running;
  readonly gateway: Up;
}

async function start(env: Record<string, string> = {}): Promise<Pair> {
  const home = await TriadHome.make({ people: PEOPLE, env });
  const host = await home.host();
  const gateway = await home.gateway();
  return { home, host, gateway, [Symbol.asyncDispose]: () => home[Symbol.asyncDispose]() };
}

function attach({ home, gateway }: Pick<Pair, 'home' | 'gateway'>, person: 'dora' | 'olga') {
  return Terminal.ssh({ port: gateway.port, keyPath: home.keyOf(person) });
}

async function kill(running: Running): Promise<void> {
  running.process.kill('SIGKILL');
  await running.ended;
}

async function workerPid(home: TriadHome): Promise<number | null | undefined> {
  return (await home.status()).sessions[0]?.panes[0]?.pid;
}

test('people who are connected wait for a killed host, and get their screen back from the next one', async () => {
  await using pair = await start();
  await using dora = attach(pair, 'dora');
  await using olga = attach(pair, 'olga');
  dora.type('before it died\r');
  await dora.sees('before it died');
  await olga.sees('before it died');
  const worker = await workerPid(pair.home);

  await kill(pair.host);
  await dora.sees(AWAY);
  await olga.sees(AWAY);
  dora.type('into the void\r');
  await using late = attach(pair, 'olga');
  await late.sees(AWAY);

  await pair.home.host();
  for (const terminal of [dora, olga, late]) await terminal.sees('before it died');
  dora.type('after it came back\r');
  for (const terminal of [dora, olga, late]) await terminal.sees('after it came back');
  expect(dora.text).not.toContain('into the void');
  expect(await workerPid(pair.home)).toBe(worker);
});

test('`triad down --session` stops nothing while the host that would end the session is away', async () => {
  await using pair = await start();
  await kill(pair.host);
  await eventually(
    'the gateway lost the host',
    async () => (await pair.home.run(['status'])).code === 69,
  );
  const refused = await pair.home.run(['down', '--session']);
  expect(refused.code).toBe(69);
  expect(refused.stderr).toContain('the host that runs the sessions cannot be reached');
  expect(pair.gateway.process.exitCode).toBeNull();
});

test('who does not want to wait for the host leaves, and has a terminal as before', async () => {
  await using pair = await start();
  await using dora = attach(pair, 'dora');
  await using olga = attach(pair, 'olga');
  await dora.sees('worker');
  await olga.sees('worker');
  await kill(pair.host);
  await dora.sees(AWAY);
  await olga.sees(AWAY);
  await using late = attach(pair, 'olga');
  await late.sees(AWAY);
  dora.type('qd\x03\x02d');
  olga.type('q');
  late.type('q');
  for (const terminal of [dora, olga, late]) {
    expect(await terminal.status()).toBe(0);
    expect(terminal.isRestored).toBe(true);
    expect(terminal.lastLine).toBe('triad: you left pair; the session goes on');
    expect(terminal.text).not.toContain(AWAY);
  }
});

test('what happens at the host is in the audit of a gateway in a process of its own, each event once', async () => {
  await using pair = await start();
  const events = () => pair.home.lines('state/events.jsonl').map(({ number }) => number);
  const audited = () =>
    pair.home.lines('state/audit.jsonl').filter(({ event }) => event === 'host-event');
  await eventually('all events are in the audit', () => audited().length >= events().length);
  await kill(pair.host);
  await pair.home.host();
  await eventually(
    'the events of the next host are in the audit',
    () => audited().length >= events().length,
  );
  expect(audited().map(({ number }) => number)).toEqual(events());
});

test('access that is taken back while the host is away stays taken back', async () => {
  await using pair = await start();
  await using dora = attach(pair, 'dora');
  await dora.sees('worker');
  await kill(pair.host);
  await dora.sees(AWAY);
  expect((await pair.home.run(['revoke', 'dora'])).code).toBe(0);
  expect(await dora.status()).toBe(77);
  expect(dora.lastLine).toContain('your access to pair was taken back');
});

test('a killed gateway costs the connections, not the session; the next one serves it', async () => {
  await using pair = await start();
  await using dora = attach(pair, 'dora');
  await dora.sees('driving');
  dora.type('typed before\r');
  await dora.sees(/typed before\s+typed before/);
  const worker = await workerPid(pair.home);
  await kill(pair.gateway);
  expect(await dora.status()).toBe(255);
  const gateway = await pair.home.gateway();
  await using again = attach({ home: pair.home, gateway }, 'dora');
  await again.sees('typed before');
  expect(await workerPid(pair.home)).toBe(worker);
});

test('a gateway that starts first says so, and serves when the host comes', async () => {
  await using home = await TriadHome.make({ people: PEOPLE });
  const gateway = await home.gateway();
  expect(gateway.stderr()).toMatch(/no host yet: `.*triad.* host` starts it/);
  const target = { port: gateway.port, keyPath: home.keyOf('dora') };
  const early = await runSsh(target, { command: ['status'] });
  expect(early.code).toBe(69);
  expect(early.stderr).toContain('the sessions cannot be reached at the moment, try again soon');
  await home.host();
  await eventually(
    'the gateway found the host',
    async () => (await home.run(['status'])).code === 0,
  );
  await using dora = attach({ home, gateway }, 'dora');
  await dora.sees('worker');
});

test('a host that is stopped in order lets its session go on, and everybody wait', async () => {
  await using pair = await start();
  await using dora = attach(pair, 'dora');
  await dora.sees('worker');
  const worker = await workerPid(pair.home);
  pair.host.process.kill('SIGTERM');
  const { code, stderr } = await pair.host.ended;
  expect(code).toBe(0);
  expect(stderr).toMatch(/the host stops; pair goes on .*triad.* host` takes it over again/);
  await dora.sees(AWAY);
  await pair.home.host();
  await dora.sees('worker');
  expect(await workerPid(pair.home)).toBe(worker);
});

test('`triad down` stops the gateway and leaves the host; `down --session` ends both', async () => {
  await using pair = await start();
  const down = await pair.home.run(['down']);
  expect(down.stdout).toContain(`\`${pair.home.program} gateway\` lets people in again`);
  expect((await pair.gateway.ended).code).toBe(0);
  const status = await pair.home.run(['status']);
  expect(status.code).toBe(69);
  expect(status.stderr).toContain('its host goes on without it');
  const gateway = await pair.home.gateway();
  expect((await pair.home.run(['down', '--session'])).code).toBe(0);
  expect((await gateway.ended).code).toBe(0);
  const host = await pair.host.ended;
  expect(host.code).toBe(0);
  expect(host.stderr).toContain('pair has ended; the host stops');
});

test('`triad down --session` ends what a host runs that has no gateway', async () => {
  await using home = await TriadHome.make();
  const host = await home.host();
  expect(await home.run(['down', '--session'])).toMatchObject({ code: 0, stdout: 'ended pair\n' });
  expect((await host.ended).code).toBe(0);
  expect((await home.run(['status'])).stderr).toContain('triad is not running');
});

test.each([
  ['host', 'up', 'another triad runs the sessions of this home already'],
  ['up', 'host', 'another triad runs the sessions of this home already'],
  ['up', 'gateway', 'triad is running here already'],
  ['gateway', 'up', 'triad is running here already'],
] as const)('where `triad %s` runs, `triad %s` is refused', async (first, second, reason) => {
  await using home = await TriadHome.make();
  await home[first]();
  const listen = second === 'host' ? [] : ['--listen', '127.0.0.1:0'];
  const refused = await home.run([second, ...listen]);
  expect(refused.code).toBe(1);
  expect(refused.stderr).toContain(`triad: error: ${reason}`);
});

test('a driver’s `detach-client -P` hangs up on the host’s process, which goes on', async () => {
  await using pair = await start();
  await using dora = attach(pair, 'dora');
  await dora.sees('worker');
  await dora.command('detach-client -P');
  await dora.status();
  await using again = attach(pair, 'dora');
  await again.sees('worker');
  expect(pair.host.process.exitCode).toBeNull();
  expect(pair.host.process.signalCode).toBeNull();
});

test('the gateway’s process loads no node-pty, and the host’s no ssh2', async () => {
  const hook = join(import.meta.dirname, '../helpers/loaded-modules.mjs');
  await using pair = await start({ NODE_OPTIONS: `--import ${hook}` });
  await using dora = attach(pair, 'dora');
  await dora.sees('worker');
  await pair.home.run(['down']);
  await pair.gateway.ended;
  pair.host.process.kill('SIGTERM');
  await pair.host.ended;
  const loaded = (name: string) => pair.home.read(`loaded-${name}`).split('\n');
  expect(loaded('gateway')).toContain('ssh2');
  expect(loaded('gateway')).not.toContain('node-pty');
  expect(loaded('host')).toContain('node-pty');
  expect(loaded('host')).not.toContain('ssh2');
});

test('a killed host takes the tmux clients of its drivers with it, whoever has inherited their terminals', async () => {
  await using pair = await start();
  await using dora = attach(pair, 'dora');
  await dora.sees('worker');
  const probe = await TmuxProbe.of(pair.home);
  const controlPids = async () =>
    (await probe.ask('list-clients', '-F', '#{client_control_mode} #{client_pid}'))
      .split('\n')
      .filter((row) => row.startsWith('1 '))
      .map((row) => Number(row.slice(2)));
  const [first = 0] = await controlPids();
  process.kill(first, 'SIGKILL');
  // The next one is started while a driver's terminal is open.
  const isNew = async () => (await controlPids()).some((pid) => pid !== first);
  await eventually('the host has a new control client', isNew);
  await kill(pair.host);
  const isAlone = async () => (await probe.ask('list-clients')) === '';
  await eventually('tmux has no client', isAlone);
});
