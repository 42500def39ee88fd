import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually } from '../helpers/eventually.js';
import { matching } from '../helpers/matching.js';
import { Terminal } from '../helpers/terminal.js';
import { TmuxProbe } from '../helpers/tmux-probe.js';
import { TriadHome, type Up } from '../helpers/triad-home.js';

/** Leaves its arguments, directory and environment in a file, and stays. */
const SHOW_FILE =
  'const {argv,cwd,env}=process;require("fs").writeFileSync(env.SHOWN,JSON.stringify({argv:argv.slice(1),cwd:cwd(),env}));setInterval(()=>{},1e9)';

const TRIAD = `sessions:
  - name: pair
    layout: {columns: [60%, {rows: [50%, 25%, 25%], size: 40%}]}
    panes:
      - name: list
        title: the reasoning engine
        command: [node, -e, '${SHOW_FILE}', --, "$HOME; 'x' \\"y\\"", "a  b", ""]
        cwd: inside
        env: {SHOWN: ../list.json, SET: "s p a c e", SECRET_PASSED: , ABSENT: , KEY: plain-secret-7531}
      - name: text
        command: echo "$0-$SET"; echo "$((40+2))"; exec cat
        env: {SET: set}
        focus: true
      - {name: ends, command: "exit 3", title: "ends soon"}
      - {name: absent, command: [/nonexistent/program]}
`;

let home: TriadHome;
let up: Up;
let probe: TmuxProbe;

beforeAll(async () => {
  home = await TriadHome.make({
    triad: TRIAD,
    env: { SECRET_PASSED: 'passed-secret-8642', OTHER_SECRET: 'other-secret-9753', LC_TIME: 'C' },
  });
  execFileSync('mkdir', [home.path('inside')]);
  writeFileSync(home.path('.tmux.conf'), 'set -g @users_own 1\nset -g status-left "users own"\n');
  up = await home.up();
  probe = await TmuxProbe.of(home);
});
afterAll(async () => {
  await home[Symbol.asyncDispose]();
});

test('a list is run as it stands, in its directory, with its variables and nothing of ours', async () => {
  const shown = await eventually('the command has written its file', () => {
    return statSync(home.path('list.json'), { throwIfNoEntry: false }) && home.read('list.json');
  });
  const { argv, cwd, env } = JSON.parse(shown) as {
    argv: string[];
    cwd: string;
    env: Record<string, string>;
  };
  expect(argv).toEqual(['$HOME; \'x\' "y"', 'a  b', '']);
  expect(cwd).toBe(home.path('inside'));
  expect(env).toMatchObject({
    SET: 's p a c e',
    SECRET_PASSED: 'passed-secret-8642',
    HOME: home.root,
  });
  expect(env).not.toHaveProperty('ABSENT');
  expect(env).not.toHaveProperty('OTHER_SECRET');
  expect(env).not.toHaveProperty('TRIAD_HOME');
  expect(env['TERM']).toBe('tmux-256color');
});

test('a text is given to a shell', async () => {
  await eventually('the command has printed', async () =>
    (await home.run(['capture', 'text'])).stdout.includes('/bin/sh-set\n42\n'),
  );
});

test('secrets are in no command line and in no file of the state', () => {
  const secrets = /(plain|passed|other)-secret-\d+/;
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    const line = commandLine(pid);
    expect(line).not.toMatch(secrets);
  }
  for (const entry of readdirSync(home.path('state'), { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    expect(readFileSync(`${entry.parentPath}/${entry.name}`, 'utf8')).not.toMatch(secrets);
  }
  expect(up.stderr()).not.toMatch(secrets);
});

test('the socket lies in a private directory, the file of the person who runs tmux is not read, ours is', async () => {
  expect(statSync(dirname(probe.socket)).mode & 0o777).toBe(0o700);
  expect(await probe.ask('show-options', '-gqv', '@users_own')).toBe('');
  expect(await probe.ask('show-options', '-gqv', '@triad_conf')).toBe('1');
});

test('the panes have the sizes, the order and the focus that were asked for', async () => {
  const rows = await probe.ask(
    'list-panes',
    '-F',
    '#{@triad_pane} #{pane_active} #{pane_width} #{pane_left}',
  );
  expect(rows.split('\n')).toEqual([
    'list 0 119 0',
    'text 1 80 120',
    'ends 0 80 120',
    'absent 0 80 120',
  ]);
});

test('a command that ends is told with its status, and started again after a pause', async () => {
  const pane = await eventually('the command has been started again', async () => {
    const found = (await home.status()).sessions[0]?.panes.find(({ name }) => name === 'ends');
    return (found?.restarts ?? 0) >= 1 ? found : undefined;
  });
  expect(pane.lastExit).toEqual({
    status: 3,
    signal: null,
    at: matching(/^\d{4}-.*Z$/),
  });
  const { stdout } = await home.run(['status']);
  expect(stdout).toMatch(/^ends +\w+ +\S+ +\d+ +\S+ +\S+ +\S+ +status 3 +exit 3$/m);
});

test('a command that is not there ends with status 127 like any other', async () => {
  const pane = await eventually('the command has ended', async () => {
    const found = (await home.status()).sessions[0]?.panes.find(({ name }) => name === 'absent');
    return found?.lastExit === null ? undefined : found;
  });
  expect(pane).toMatchObject({ lastExit: { status: 127, signal: null } });
});

test.each([
  { cols: 80, rows: 24 },
  { cols: 200, rows: 50 },
])(
  'at $cols x $rows the borders show the names, and what happened to a command that does not run',
  async (size) => {
    await using terminal = Terminal.ssh({ port: up.port, keyPath: home.adminKey }, { size });
    await terminal.sees('the reasoning engine');
    await terminal.sees(/─ text · <?\dm ─/);
    await terminal.sees('[exit 3] ends');
    await terminal.sees(/pair .*C-b d leaves/);
    expect(terminal.rows).toHaveLength(size.rows);
  },
);

function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
}
