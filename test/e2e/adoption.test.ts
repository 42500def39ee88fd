import { execFileSync, spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { count } from '../helpers/counts.js';
import { eventually } from '../helpers/eventually.js';
import { signalNow } from '../helpers/signal.js';
import { Terminal } from '../helpers/terminal.js';
import { TmuxProbe } from '../helpers/tmux-probe.js';
import { lasting, type Status, TriadHome, type Up } from '../helpers/triad-home.js';

/** Each start of a command leaves a line, so that one that ran twice shows. */
const TRIAD = `sessions:
  - name: pair
    layout: even-horizontal
    panes:
      - {name: engine, command: "echo engine >> starts; exec cat"}
      - {name: worker, command: "echo worker >> starts; exec cat", focus: true}
      - {name: state, command: "echo state >> starts; exec cat"}
`;

const makeHome = () => TriadHome.make({ triad: TRIAD });

async function kill(up: Up, signal: NodeJS.Signals): Promise<void> {
  up.process.kill(signal);
  await up.ended;
}

function paneOf(status: Status, name: string) {
  return status.sessions[0]?.panes.find((pane) => pane.name === name);
}

function startsIn(home: TriadHome): string[] {
  if (!existsSync(home.path('starts'))) return [];
  return home
    .read('starts')
    .split('\n')
    .filter((line) => line !== '')
    .sort();
}

async function isPane(home: TriadHome, name: string, expected: object): Promise<boolean> {
  const pane = paneOf(await home.status(), name);
  return Object.entries(expected).every(
    ([key, value]) => pane?.[key as keyof typeof pane] === value,
  );
}

test('kill -9 leaves the agents running, and the next start adopts them as they are', async () => {
  await using home = await makeHome();
  const first = await home.up();
  const before = await home.status();
  signalNow(paneOf(before, 'state')?.pid, 'SIGKILL');
  await eventually('state was started again', () =>
    isPane(home, 'state', { restarts: 1, state: 'running' }),
  );
  const known = await home.status();
  await kill(first, 'SIGKILL');
  const refused = await home.run(['status']);
  expect(refused.code).toBe(69);
  expect(refused.stderr).toContain(
    `triad is not running in ${home.root}; pair goes on without it\ntriad: hint: ${home.program} up takes it over; ${home.program} down --session ends it\n`,
  );
  const second = await home.up();
  const after = await home.status();
  expect(lasting(after)).toEqual({ ...lasting(known), adopted: true });
  expect(paneOf(after, 'state')?.lastExit).toMatchObject({ status: null, signal: 'SIGKILL' });
  expect(second.stderr()).toContain('session   pair (found running, taken over as it is, tmux ');
  expect(second.stderr()).not.toContain('NOTE');
  expect(startsIn(home)).toEqual(['engine', 'state', 'state', 'worker']);
});

test.each(['SIGINT', 'SIGTERM'] as const)(
  '%s ends the gateway in order and says what goes on and how to end it',
  async (signal) => {
    await using home = await makeHome();
    const up = await home.up();
    const before = await home.status();
    up.process.kill(signal);
    const { code, stderr } = await up.ended;
    expect(code).toBe(0);
    expect(stderr).toMatch(
      /the gateway stops; pair goes on with everything in it \(`\S+triad --home \S+ up` takes it over again, `\S+triad --home \S+ down --session` ends it\)/,
    );
    await home.up();
    expect(lasting(await home.status())).toEqual({ ...lasting(before), adopted: true });
  },
);

test('a hang-up without a lost terminal is survived', async () => {
  await using home = await makeHome();
  const up = await home.up();
  up.process.kill('SIGHUP');
  expect(await home.run(['status'])).toMatchObject({ code: 0 });
  expect(up.process.exitCode).toBeNull();
});

test('the tmux server is in a session of its own and in nobody’s group', async () => {
  await using home = await makeHome();
  const up = await home.up();
  const probe = await TmuxProbe.of(home);
  const pid = await probe.serverPid();
  const [ppid, , sid] = (readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1] ?? '')
    .split(' ')
    .slice(1, 4);
  expect([ppid, sid]).toEqual(['1', String(pid)]);
  expect(up.process.pid).not.toBe(Number(sid));
});

test('a start that is killed at any moment leaves nothing that the next one cannot handle, and no command runs twice', async () => {
  const moments = count(3, 60);
  for (let moment = 0; moment < moments; moment += 1) {
    await using home = await makeHome();
    const child = spawn(
      process.execPath,
      ['dist/cli/main.js', '--home', home.root, 'up', '--listen', '127.0.0.1:0'],
      {
        env: { ...process.env, HOME: home.root },
        stdio: 'ignore',
      },
    );
    const ended = new Promise((resolve) => child.once('close', resolve));
    // The moments lie between the first directory that a start makes and its end.
    await eventually('the start has made its first directory', () =>
      existsSync(home.path('state/run')),
    );
    await new Promise((resolve) => setTimeout(resolve, (moment * 250) / moments));
    child.kill('SIGKILL');
    await ended;
    await home.up();
    const [session] = (await home.status()).sessions;
    expect(session?.panes.map(({ name, state }) => `${name} ${state}`)).toEqual([
      'engine running',
      'worker running',
      'state running',
    ]);
    expect(startsIn(home)).toEqual(['engine', 'state', 'worker']);
  }
});

test('a session that a driver renamed is found again', async () => {
  await using home = await makeHome();
  const first = await home.up();
  const probe = await TmuxProbe.of(home);
  await probe.ask('rename-session', '-t', 'pair', 'other');
  await probe.ask('new-session', '-d', '-s', 'pair', 'cat');
  await kill(first, 'SIGKILL');
  await home.up();
  expect((await home.status()).sessions[0]).toMatchObject({ adopted: true, state: 'running' });
  expect(startsIn(home)).toEqual(['engine', 'state', 'worker']);
});

test('a pane that a driver closed comes back at its place, and its command is started again', async () => {
  await using home = await makeHome();
  await home.up();
  const probe = await TmuxProbe.of(home);
  const order = () => probe.ask('list-panes', '-F', '#{@triad_pane} #{pane_width}');
  const before = await order();
  await probe.ask('kill-pane', '-t', paneOf(await home.status(), 'engine')?.id ?? '');
  await eventually('the engine was started again', () =>
    isPane(home, 'engine', { state: 'running', restarts: 1 }),
  );
  expect(await order()).toBe(before);
  expect(startsIn(home)).toEqual(['engine', 'engine', 'state', 'worker']);
});

test('a keeper that is killed gets a successor in the same pane', async () => {
  await using home = await makeHome();
  await home.up();
  const probe = await TmuxProbe.of(home);
  const { id } = paneOf(await home.status(), 'worker') ?? {};
  const keeper = await probe.ask('display-message', '-p', '-t', id ?? '', '#{pane_pid}');
  process.kill(Number(keeper), 'SIGKILL');
  await eventually('the command was started again', () => startsIn(home).length === 4);
  await eventually('the worker runs', () => isPane(home, 'worker', { state: 'running', id }));
  expect(await probe.ask('display-message', '-p', '-t', id ?? '', '#{pane_dead}')).toBe('0');
});

test.each(['kill-session', 'kill-server'])(
  'after %s those who are attached wait, and are in the session that is made again',
  async (command) => {
    await using home = await makeHome();
    const up = await home.up();
    const probe = await TmuxProbe.of(home);
    await using terminal = Terminal.ssh({ port: up.port, keyPath: home.adminKey });
    await terminal.sees('worker');
    await probe.ask(command).catch(() => '');
    await terminal.sees('has ended unexpectedly');
    await eventually('the session runs again', () => isPane(home, 'worker', { state: 'running' }));
    await terminal.sees('worker');
    const size = ['display-message', '-p', '-t', 'pair', '#{window_width}'];
    await eventually('the window is as wide as the terminal', async () => {
      const again = await TmuxProbe.of(home);
      return (await again.ask(...size)) === '100';
    });
    const status = await home.status();
    expect(status.sessions[0]).toMatchObject({ state: 'running', adopted: false });
    expect(startsIn(home)).toEqual(['engine', 'engine', 'state', 'state', 'worker', 'worker']);
  },
);

test('down --session ends the agents with and without a gateway, and then there is nothing to end', async () => {
  await using home = await makeHome();
  const first = await home.up();
  const pid = paneOf(await home.status(), 'worker')?.pid ?? 0;
  const down = await home.run(['down', '--session']);
  expect(down).toMatchObject({
    code: 0,
    stdout: 'the gateway stops, and pair ends with everything in it\n',
  });
  expect(await first.ended).toMatchObject({ code: 0 });
  expect(existsSync(`/proc/${pid}`)).toBe(false);
  const second = await home.up();
  const again = paneOf(await home.status(), 'worker')?.pid ?? 0;
  await kill(second, 'SIGKILL');
  expect(await home.run(['down'])).toMatchObject({ code: 69 });
  expect(await home.run(['down', '--session'])).toMatchObject({ code: 0, stdout: 'ended pair\n' });
  expect(existsSync(`/proc/${again}`)).toBe(false);
  const nothing = await home.run(['down', '--session']);
  expect(nothing.code).toBe(69);
  expect(nothing.stderr).toContain(
    `triad is not running in ${home.root}\ntriad: hint: start it with: ${home.program} up\n`,
  );
});

test('a command of mine is shared from where I am, with my environment, and without triad.yaml', async () => {
  await using home = await TriadHome.make({ env: { MINE: 'my value' } });
  execFileSync('rm', [home.path('config/triad.yaml')]);
  await home.up(['--', 'sh', '-c', 'echo "$MINE in $PWD"; exec cat', 'sh']);
  expect((await home.status()).sessions).toMatchObject([
    { name: 'pair', panes: [{ name: 'sh', state: 'running' }] },
  ]);
  await eventually('the command has printed', async () =>
    (await home.run(['capture', 'sh'])).stdout.includes(`my value in ${home.root}`),
  );
});

test('a session that is not what was asked for is left as it is, and the person is told which panes and how to end it', async () => {
  await using home = await makeHome();
  const first = await home.up();
  await kill(first, 'SIGTERM');
  const second = await home.up(['--', 'top']);
  expect(second.stderr()).toMatch(
    / {2}NOTE {6}pair runs what an earlier start made, not what you asked for now; different: top, engine, worker, state\n {12}to end it and get yours: \S+triad --home \S+ down --session, then start again\n/,
  );
  await kill(second, 'SIGTERM');
  writeFileSync(home.path('config/triad.yaml'), TRIAD.replace('echo worker', 'echo changed'));
  const third = await home.up();
  expect(third.stderr()).toContain('different: worker\n');
  expect(await home.run(['restart', 'worker'])).toMatchObject({ code: 0 });
  await kill(third, 'SIGTERM');
  expect((await home.up()).stderr()).not.toContain('NOTE');
  expect(startsIn(home)).toEqual(['changed', 'engine', 'state', 'worker']);
});
