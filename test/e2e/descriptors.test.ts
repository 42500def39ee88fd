import { execFileSync, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { controlSocket } from '../../src/cli/context.js';
import { homeAt } from '../../src/config/home.js';
import { eventually } from '../helpers/eventually.js';
import { runSsh } from '../helpers/ssh-client.js';
import { Terminal } from '../helpers/terminal.js';
import { TriadHome, type Up } from '../helpers/triad-home.js';

const HAS_PRLIMIT = spawnSync('prlimit', ['--version']).status === 0;
const THREE_PANES = `sessions:
  - name: pair
    panes:
      - {name: one, command: [cat]}
      - {name: two, command: [cat]}
      - {name: three, command: [cat]}
`;
/** So many more descriptors are fewer than what is kept for those who ask locally. */
const FEW = 10;

function limit(up: Up, descriptors: number): void {
  execFileSync('prlimit', ['--pid', `${up.process.pid}`, `--nofile=${descriptors}:`]);
}

function openFiles(up: Up): number {
  return readdirSync(`/proc/${up.process.pid}/fd`).length;
}

/** Whether somebody listens: a process that takes nobody would spin on one that waits. */
async function isRefused(path: string): Promise<boolean> {
  const socket = connect(path);
  const outcome = await Promise.race([
    once(socket, 'connect').then(() => false),
    once(socket, 'error').then(() => true),
  ]).catch(() => true);
  socket.destroy();
  return outcome;
}

/** Whether `triad status` shows no problem; a part that failed is tried again within 10 s. */
async function isWell(home: TriadHome): Promise<boolean> {
  return (await problems(home).catch(() => 'takes no connections')) === '';
}

async function problems(home: TriadHome): Promise<string> {
  const { sessions, gateway } = await home.status();
  return [...sessions.flatMap((session) => session.problems), ...gateway.problems].join('\n');
}

test.runIf(HAS_PRLIMIT)(
  'without a descriptor (prlimit) nothing spins, nobody takes the home over, and all works again by itself',
  async () => {
    await using home = await TriadHome.make();
    const up = await home.up();
    const [before] = (await home.status()).sessions;
    limit(up, 10);
    const socket = controlSocket(homeAt(home.root));
    await eventually('nobody is kept waiting', () => isRefused(socket));
    const asked = await home.run(['status']);
    expect(asked).toMatchObject({ code: 75 });
    expect(asked.stderr).toContain('triad runs, but takes no connections now');
    const second = await home.run(['up', '--listen', '127.0.0.1:0']);
    expect(second.stderr).toContain('triad is running here already');

    limit(up, 1024);
    await eventually('the gateway can be asked again', () => isWell(home));
    expect((await home.status()).sessions[0]?.panes[0]?.pid).toBe(before?.panes[0]?.pid);
    const ssh = await runSsh({ port: up.port, keyPath: home.adminKey }, { command: ['status'] });
    expect(ssh.code).toBe(0);
    expect(readFileSync(home.path('state/triad.log'), 'utf8')).toContain(
      'no file descriptor left (EMFILE)',
    );

    limit(up, 10);
    await eventually('nobody is kept waiting again', () => isRefused(socket));
    up.process.kill('SIGTERM');
    expect((await up.ended).code).toBe(0);
  },
);

test.runIf(HAS_PRLIMIT)(
  'three people work at 128 descriptors (prlimit) from the start, and with the last few left who connects is refused in words while status says why',
  async () => {
    await using home = await TriadHome.make({
      triad: THREE_PANES,
      people: { dora: 'driver', dirk: 'driver', olga: 'observer' },
      descriptors: 128,
    });
    const up = await home.up();
    const people = (['dora', 'dirk', 'olga'] as const).map((person) =>
      Terminal.ssh({ port: up.port, keyPath: home.keyOf(person) }),
    );
    for (const terminal of people) await terminal.sees('pair');
    expect((await home.who()).length).toBe(3);
    expect(await problems(home)).toBe('');

    limit(up, openFiles(up) + FEW);
    await eventually('status tells that descriptors have run out', async () =>
      /file descriptors have run out.*no file descriptor left \(EMFILE\)/.test(
        await problems(home),
      ),
    );
    const refused = await runSsh(
      { port: up.port, keyPath: home.adminKey },
      { command: ['status'] },
    );
    expect(refused.code).toBe(255);
    const log = readFileSync(home.path('state/triad.log'), 'utf8');
    expect(log).toContain('"limit":"descriptors"');
    expect((await home.run(['status'])).code).toBe(0);
    expect((await home.who()).length).toBe(3);

    limit(up, 128);
    await eventually('the gateway is well again', () => isWell(home));
    const ssh = await runSsh({ port: up.port, keyPath: home.adminKey }, { command: ['status'] });
    expect(ssh.code).toBe(0);
    for (const terminal of people) await terminal[Symbol.asyncDispose]();
  },
);

test.runIf(HAS_PRLIMIT)(
  'a program that may open too few files even to be read says so, and is tried again',
  async () => {
    await using home = await TriadHome.make({ descriptors: 32 });
    const asked = await home.run(['status']);
    expect(asked.stderr).toContain(
      'no file descriptor left (EMFILE)\ntriad: hint: raise the limit',
    );
    expect(asked).toMatchObject({ code: 75, stdout: '' });
  },
);
