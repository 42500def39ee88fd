import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { visible } from '../../src/base/visible.js';
import { VERBS } from '../../src/gateway/commands/table.js';
import { eventually } from '../helpers/eventually.js';
import { any, containing, having, matching } from '../helpers/matching.js';
import { runSsh } from '../helpers/ssh-client.js';
import { Terminal } from '../helpers/terminal.js';
import { TmuxProbe } from '../helpers/tmux-probe.js';
import { type ProgramResult, TriadHome, type Up } from '../helpers/triad-home.js';

const TRIAD = `sessions:
  - name: pair
    panes:
      - {name: worker, command: [cat], focus: true}
      - {name: raw, command: "stty raw -echo; touch raw-ready; exec cat >> raw-bytes"}
      - {name: stubborn, command: "trap '' TERM; touch stubborn-ready; while :; do sleep 1; done"}
      - {name: ended, command: "exit 3"}
      - {name: nowhere, command: [cat], cwd: not-there}
      - {name: long, command: "printf '\\\\033[31mred\\\\033[0m\\\\n'; seq 1 20000; exec cat"}
  - name: solo
    panes:
      - {name: worker, command: [cat]}
`;

let home: TriadHome;
let up: Up;

beforeAll(async () => {
  home = await TriadHome.make({ triad: TRIAD, people: { dora: 'driver', olga: 'observer' } });
  up = await home.up();
});
afterAll(async () => {
  await home[Symbol.asyncDispose]();
});

const screenOf = async (pane: string) => (await home.run(['capture', pane])).stdout;

async function pane(name: string) {
  const found = (await home.status()).sessions[0]?.panes.find((each) => each.name === name);
  if (found === undefined) throw new Error(`no pane ${name}`);
  return found;
}

function expectRefusal(result: ProgramResult, code: number, message: string, hint?: string): void {
  expect(result).toMatchObject({ code, stdout: '' });
  // What comes before a command depends on where it is read; staying.test.ts is about that.
  const told = result.stderr.replaceAll(/\S+\/triad --home \S+ /g, 'triad ');
  expect(told).toContain(`triad: error: ${message}`);
  if (hint !== undefined) expect(told).toContain(`triad: hint: ${hint}`);
}

const REFUSALS = [
  [['nonsense'], 64, "unknown command 'nonsense'", 'triad --help'],
  [['\u001b[2J'], 64, "unknown command '\\x1b[2J'", 'triad --help'],
  [['capture'], 64, "missing required argument 'pane'", 'triad help capture'],
  [['restart'], 64, 'say which pane, or --all', undefined],
  [['stop', '--all'], 64, 'all panes of which session?', 'say --all --session NAME'],
  [
    ['restart', 'pair:none'],
    64,
    'there is no pane none in pair',
    'panes: worker, raw, stubborn, ended, nowhere, long',
  ],
  [['restart', 'worker'], 64, "which session's worker?", 'say SESSION:PANE; sessions: pair, solo'],
  [['restart', 'none:worker'], 64, 'there is no session none', 'sessions: pair, solo'],
  [['capture', 'pair:\u001b[2J'], 64, 'there is no pane \\x1b[2J in pair', 'panes: '],
  [
    ['send', 'pair:worker', 'a\u001b[201~b'],
    64,
    'text must not contain control characters',
    'press keys with',
  ],
  [
    ['send', 'pair:worker', 'x'.repeat(64 * 1024 + 1)],
    64,
    'text must be at most 65536 bytes',
    undefined,
  ],
  [['keys', 'pair:worker', 'Nokey'], 64, 'Nokey is not a key', 'keys are characters or names'],
  [['keys', 'pair:worker', 'kill-server;'], 64, 'kill-server; is not a key', 'keys are'],
  [['send', 'pair:ended', 'x'], 1, 'the command of ended is not running', 'triad status'],
  [['keys', 'pair:ended', 'Enter'], 1, 'the command of ended is not running', 'triad status'],
  [['kick', 'nobody'], 1, 'nobody is not connected', 'triad who --connections'],
  [['revoke', 'nobody'], 1, '', undefined],
  [['grant', 'nina', '--role', 'driver'], 1, '', undefined],
  [
    ['grant', 'nina', '--role', 'driver', '--key', '/none.pub'],
    64,
    '/none.pub: cannot be read',
    undefined,
  ],
  [['--home'], 64, '--home needs a directory', undefined],
] as const;

describe('what is called wrongly', () => {
  const named = REFUSALS.map((refusal) => [visible(refusal[0].join(' '), 40), refusal] as const);

  test.each(named)('triad %s', async (_name, [words, code, message, hint]) => {
    expectRefusal(await home.run(words), code, message, hint);
  });

  test('where nothing runs each verb that needs a gateway says so', async () => {
    await using empty = await TriadHome.make();
    for (const words of [
      ['status'],
      ['who'],
      ['capture', 'worker'],
      ['send', 'worker', 'x'],
      ['restart', 'worker'],
      ['kick', 'a'],
    ]) {
      expectRefusal(
        await empty.run(words),
        69,
        `triad is not running in ${empty.root}`,
        'start it with: triad up',
      );
    }
  });
});

test('help is there for the program and for each of its words', async () => {
  const { code, stdout } = await home.run(['--help']);
  expect(code).toBe(0);
  for (const name of ['init', 'up', ...VERBS.map((verb) => verb.name)]) {
    expect(stdout).toMatch(new RegExp(`^  ${name} `, 'm'));
  }
  for (const words of [
    ['up', '--help'],
    ['help', 'init'],
    ['help', 'down'],
    ['down', '--help'],
  ]) {
    const help = await home.run(words);
    expect(help).toMatchObject({ code: 0, stderr: '' });
    expect(help.stdout).toMatch(/\nExamples:\n {2}triad /);
  }
  expect((await home.run([])).stdout).toContain('Usage: triad');
});

test('status --json has the fields that are promised, and no other', async () => {
  await using terminal = Terminal.ssh({ port: up.port, keyPath: home.adminKey });
  await terminal.sees('worker');
  const { stdout } = await home.run(['status', '--json']);
  const time = matching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  const attachment = {
    id: 'A1',
    session: 'pair',
    engineer: any(String),
    role: 'admin',
    mode: 'typing',
    skippedFrames: 0,
    remote: matching(/^127\.0\.0\.1:\d+$|^127\.0\.0\.1$/),
    term: 'xterm-256color',
    cols: 100,
    rows: 30,
    since: time,
  };
  const status = JSON.parse(stdout) as { sessions: { panes: unknown[] }[] };
  expect(status).toEqual({
    sessions: [
      {
        name: 'pair',
        state: 'running',
        socket: home.path('state/run/tmux/pair/tmux.sock'),
        tmuxVersion: matching(/\d\.\d/),
        ...{ limits: any(Array), adopted: false, problems: [] },
        ...{ panes: any(Array), opened: { count: 0, panes: [] } },
      },
      having({ name: 'solo' }),
    ],
    gateway: {
      ...{ listen: [`127.0.0.1:${up.port}`], startedAt: time },
      hostKeys: [
        { type: 'ssh-ed25519', fingerprint: matching(/^SHA256:/) },
        { type: 'ssh-rsa', fingerprint: matching(/^SHA256:/) },
      ],
      refused: {
        ...{ maxConnections: 0, maxStartups: 0, perSourceMaxStartups: 0, perSourcePenalties: 0 },
        ...{ maxSources: 0, loginGraceTime: 0, maxAuthTries: 0, maxSessions: 0, commands: 0 },
        ...{ maxConnectionsPerEngineer: 0, maxConnectionsPerKey: 0, maxGuests: 0, descriptors: 0 },
        ...{ adminReservedConnections: 0, unusedConnectionTimeout: 0, clientAliveCountMax: 0 },
        followed: 0,
      },
      ...{ problems: [], displaced: any(Object), connections: having({ max: 1000, guests: 0 }) },
    },
    attachments: [attachment],
  });
  expect(status.sessions[0]?.panes[0]).toEqual({
    ...{ name: 'worker', id: matching(/^%\d+$/), state: 'running', pid: any(Number) },
    ...{ command: 'cat', restarts: 0, startedAt: time, lastExit: null, title: 'worker' },
    ...{ reason: any(String), since: time, crashes: 0, startsAt: null, question: null },
    ...{ problems: [], telemetry: any(Object), leftBehind: { count: 0, processes: [] } },
  });
  expect(JSON.parse((await home.run(['who', '--json'])).stdout)).toEqual([attachment]);
  expect((await home.run(['who'])).stdout).toMatch(
    /^ID +ENGINEER +ROLE +MODE +SESSION +FROM +TERMINAL +SINCE\nA1 +\S+ +admin +typing +pair +127/,
  );
});

describe('capture', () => {
  test('prints what the pane shows, its last lines, or all of its scrollback', async () => {
    const all = (
      await eventually('all lines are printed', async () => {
        const { stdout } = await home.run(['capture', 'pair:long', '--all']);
        return stdout.endsWith('\n20000\n') ? stdout : undefined;
      })
    )
      .split('\n')
      .slice(0, -1);
    const numbers = Array.from({ length: 20_000 }, (_, index) => `${index + 1}`);
    expect(all.filter((line) => line !== 'red')).toEqual(numbers.slice(-all.length));
    expect(all.length).toBeGreaterThanOrEqual(20_000);
    const screen = (await screenOf('pair:long')).trimEnd().split('\n');
    expect(screen).toEqual(numbers.slice(-screen.length));
    expect((await home.run(['capture', 'pair:long', '--lines', '300'])).stdout).toBe(
      `${numbers.slice(-300).join('\n')}\n`,
    );
    expect((await home.run(['capture', 'pair:long', '--lines', '1'])).stdout).toBe('20000\n');
  });

  test('keeps colours only when asked', async () => {
    await home.run(['send', 'pair:worker', 'plain']);
    expect(await screenOf('pair:worker')).not.toContain('\u001b');
    const { stdout } = await home.run(['capture', 'pair:long', '--all', '--ansi']);
    if (stdout.includes('red')) expect(stdout).toContain('\u001b[31mred');
  });
});

describe('send and keys', () => {
  beforeAll(async () => {
    await eventually('the pane takes bytes as they are', () => existsSync(home.path('raw-ready')));
  });

  /** What the program in the pane reads while `act` runs and until it has read `end`. */
  async function typed(act: () => Promise<ProgramResult>, end: string): Promise<string> {
    writeFileSync(home.path('raw-bytes'), '');
    expect(await act()).toMatchObject({ code: 0, stdout: '', stderr: '' });
    return eventually('the program has read all', () => {
      const bytes = home.read('raw-bytes');
      return bytes.endsWith(end) ? bytes : undefined;
    });
  }

  test.each([
    ['words', ['two  words', 'and more'], 'two  words and more\r'],
    [
      'quotes and shell characters',
      [`"a" 'b' $HOME \`c\` #{pane_id} %1 ~`],
      `"a" 'b' $HOME \`c\` #{pane_id} %1 ~\r`,
    ],
    ['a semicolon at the end', ['ls;'], 'ls;\r'],
    ['a backslash at the end', ['a\\'], 'a\\\r'],
    ['UTF-8', ['grüße 漢字 🎉'], 'grüße 漢字 🎉\r'],
    ['a newline and a tab', ['a\n\tb'], 'a\r\tb\r'],
    ['words that begin with dashes', ['--', '-x', '--no-enter'], '-x --no-enter\r'],
  ])('%s arrive as they are, then Enter', async (_what, words, expected) => {
    expect(await typed(() => home.run(['send', 'pair:raw', ...words]), '\r')).toBe(expected);
  });

  test('--no-enter leaves Enter out', async () => {
    expect(await typed(() => home.run(['send', 'pair:raw', 'no', '--no-enter']), 'no')).toBe('no');
  });

  test('64 KiB arrive whole', async () => {
    const text = 'x'.repeat(64 * 1024);
    expect(await typed(() => home.run(['send', 'pair:raw', text]), '\r')).toBe(`${text}\r`);
  });

  test('keys are pressed by their names', async () => {
    const keys = ['keys', 'pair:raw', 'C-c', 'Up', 'a', ';', '-', 'Escape', 'M-x', 'F1', 'Enter'];
    expect(await typed(() => home.run(keys), '\r')).toBe(
      '\u0003\u001b[Aa;-\u001b\u001bx\u001bOP\r',
    );
  });

  test.each([
    ['send', ['send', 'pair:raw', 'x']],
    ['keys', ['keys', 'pair:raw', 'x', 'Enter']],
  ])('%s reaches the command of a pane that is in copy mode', async (_verb, words) => {
    const probe = await TmuxProbe.of(home);
    await probe.ask('copy-mode', '-t', (await pane('raw')).id ?? '');
    expect(await typed(() => home.run(words), '\r')).toBe('x\r');
  });
});

test('restart ends a command that ignores SIGTERM and starts it again', {
  timeout: 20_000,
}, async () => {
  await eventually('the command runs', () => existsSync(home.path('stubborn-ready')));
  const before = await pane('stubborn');
  expect(await home.run(['restart', 'pair:stubborn'])).toMatchObject({
    code: 0,
    stdout: 'restarted stubborn\n',
  });
  const after = await pane('stubborn');
  expect(after).toMatchObject({
    id: before.id,
    state: 'running',
    restarts: 1,
    lastExit: { status: null, signal: 'SIGKILL' },
  });
  expect(after.pid).not.toBe(before.pid);
});

test('a working directory that is not there is told in the pane, and as an end of the command', async () => {
  const { lastExit } = await eventually('the command has ended', async () => {
    const found = await pane('nowhere');
    return found.lastExit === null ? undefined : found;
  });
  expect(lastExit).toMatchObject({ signal: null, status: 127 });
  await eventually('the pane shows why', async () => {
    const unwrapped = (await screenOf('pair:nowhere')).replaceAll('\n', '');
    return /cannot enter .*not-there: No such file/.test(unwrapped);
  });
});

test('two restarts at the same moment restart once or say that one is under way', async () => {
  const before = await pane('worker');
  const results = await Promise.all([
    home.run(['restart', 'pair:worker']),
    home.run(['restart', 'pair:worker']),
  ]);
  for (const { code, stderr } of results) expect([0, 1]).toContain(code ?? stderr);
  expect(results.some(({ code }) => code === 0)).toBe(true);
  const after = await pane('worker');
  expect(after.state).toBe('running');
  expect(after.restarts - before.restarts).toBeLessThanOrEqual(2);
});

test('kick ends the views and connections of an engineer, or one view', async () => {
  const target = { port: up.port, keyPath: home.keyOf('dora') };
  await using one = Terminal.ssh(target);
  await using two = Terminal.ssh(target);
  await using three = Terminal.ssh(target);
  for (const terminal of [one, two, three]) await terminal.sees('C-b d leaves');
  const ids = (await home.status()).attachments.map(({ id }) => id);
  expect(await home.run(['kick', ids[1] ?? ''])).toMatchObject({
    code: 0,
    stdout: `kicked dora (${ids[1]})\n`,
  });
  await eventually('one view is gone', async () => (await home.status()).attachments.length === 2);
  const both = await home.run(['kick', 'dora']);
  expect(both.code).toBe(0);
  const views = `kicked dora (${ids[0]})\nkicked dora (${ids[2]})\n`;
  expect(both.stdout.replace(/closed connection [0-9a-f]{8} of dora\n/g, '')).toBe(views);
  for (const terminal of [one, two, three]) expect(await terminal.status()).not.toBe(0);
});

test('over SSH a verb needs no session in front of its pane, reads no file and leaves no trace of a forbidden one', async () => {
  const driver = { port: up.port, keyPath: home.keyOf('dora') };
  expect(await runSsh(driver, { command: ['send', 'worker', 'over ssh'] })).toMatchObject({
    code: 0,
  });
  await eventually('text shows', async () => (await screenOf('pair:worker')).includes('over ssh'));
  const denied = await runSsh(driver, { command: ['grant', 'dora', '--role', 'admin'] });
  expect(denied).toMatchObject({
    code: 77,
    stderr: containing('this needs an admin of pair; you are a driver there'),
  });
  const admin = { port: up.port, keyPath: home.adminKey };
  const file = await runSsh(admin, {
    command: ['grant', 'x', '--role', 'driver', '--key', '/etc/passwd'],
  });
  expect(file).toMatchObject({
    code: 64,
    stderr: containing('over SSH a key comes on standard input'),
  });
  const quotes = await runSsh(admin, { command: ['send worker "open'] });
  expect(quotes).toMatchObject({
    code: 64,
    stderr: containing('quotes do not match'),
  });
});

test('everything that was done is on record once, by whom and at which door, and never what was typed', async () => {
  await home.run(['send', 'pair:worker', 'typed-secret-1357']);
  const records = home.lines('state/audit.jsonl');
  const sent = records.filter(({ event, bytes }) => event === 'text-sent' && bytes === 17);
  expect(sent).toEqual([
    {
      time: any(String),
      event: 'text-sent',
      actor: { engineer: any(String), door: 'local' },
      session: 'pair',
      pane: 'worker',
      bytes: 17,
    },
  ]);
  expect(home.read('state/audit.jsonl') + home.read('state/triad.log')).not.toContain(
    'typed-secret-1357',
  );
  const events = new Set(records.map(({ event }) => event));
  for (const event of [
    'gateway-started',
    'connection-authenticated',
    'attachment-opened',
    'attachment-closed',
    'connection-closed',
    'pane-captured',
    'text-sent',
    'keys-pressed',
    'pane-restarted',
    'engineer-kicked',
    'command-refused',
  ]) {
    expect(events).toContain(event);
  }
  const attachments = records
    .filter(({ event }) => event === 'attachment-opened')
    .map(({ attachment }) => attachment);
  expect(new Set(attachments).size).toBe(attachments.length);
  const refused = records.filter(({ event }) => event === 'command-refused');
  expect(refused).toContainEqual(
    having({
      verb: 'grant',
      actor: having({ engineer: 'dora', door: 'ssh' }),
    }),
  );
});

test('a directory in the place of a key file is a usage error', async () => {
  mkdirSync(home.path('dir.pub'));
  expectRefusal(
    await home.run(['grant', 'x', '--role', 'driver', '--key', home.path('dir.pub')]),
    64,
    `${home.path('dir.pub')}: cannot be read`,
  );
});
