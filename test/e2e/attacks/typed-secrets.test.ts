/**
 * People type passwords, tokens and names at prompts, stop in the middle and go on. The terminal or the
 * program shows what they type behind the question, and so it was in the question that Triad told
 * observers, kept in its records and gave to rules. Nothing that Triad keeps or tells may have it,
 * whatever asks: what was on the line before the first key is all of it.
 */
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually } from '../../helpers/eventually.js';
import { Terminal } from '../../helpers/terminal.js';
import { TESTED_TMUX } from '../../helpers/tested-tmux.js';
import { TriadHome, type Up } from '../../helpers/triad-home.js';

const [HALF, REST] = ['qz7Wombat', 'Kx9Ferret'];
/** Longer than the silence after which a pane asks. */
const QUIET_MS = 400;

interface Prompt {
  readonly command: readonly string[];
  /** What is seen before anybody types. */
  readonly shows: string;
  /** What is typed before the secret, and what is seen of the first half of the secret. */
  readonly opens?: string;
  readonly echo?: string;
}

const bash = (script: string) => ['bash', '--norc', '-c', script];
const node = (script: string) => ['node', '-e', script];
const STARS = `printf 'PIN: '; while IFS= read -rsn1 x && [ -n "$x" ]; do printf '*'; done; exec cat >/dev/null`;
/** A box around a line that is typed, drawn anew on each key, as agents do it. */
const BOX = `let typed='',rows=0;const draw=()=>{process.stdout.write((rows?'\\x1b['+rows+'A\\r\\x1b[J':'')
  +'╭──╮\\r\\n│ > '+typed+' │\\r\\n╰──╯\\r\\nContinue? (y/n)');rows=3};process.stdin.setRawMode(true);
  process.stdin.on('data',(d)=>{typed+=String(d).replace(/[^\\w]/g,'');draw()});draw();process.stdout.on('resize',draw)`;
/** A screen whose rows are addressed, as vim's, dialog's and htop's are. */
const ROWS = `let typed='';const draw=()=>process.stdout.write('\\x1b[2J\\x1b[1;1HSettings\\x1b[3;1HProceed with '+typed
  +'?');process.stdin.setRawMode(true);process.stdin.on('data',(d)=>{typed+=String(d).trim();draw()});draw();process.stdout.on('resize',draw)`;
const READLINE = `const r=require('readline').createInterface({input:process.stdin,output:process.stdout});
  r.question('First line\\nType your name: ',()=>setInterval(()=>{},1e6))`;

const PROMPTS: Readonly<Record<string, Prompt>> = {
  read: { command: bash('read -p "Name of the user: " x; exec cat >/dev/null'), shows: 'Name of' },
  sh: { command: ['sh', '-c', 'printf "Go on? [y/N] "; read x; exec sleep 9999'], shows: 'Go on' },
  readline: { command: bash('read -e -p "Your answer: " x; read y'), shows: 'Your answer' },
  default: { command: bash('read -e -i abc -p "Enter a name: " x; read y'), shows: 'abc' },
  silent: { command: bash('read -s -p "Password: " x; read y'), shows: 'Password', echo: '' },
  stars: { command: bash(STARS), shows: 'PIN:', echo: '*********' },
  select: { command: bash('select x in one two; do :; done'), shows: '#\\?' },
  bash: { command: ['bash', '--norc', '-i'], shows: '[$#]', opens: ': ' },
  dash: { command: ['sh', '-i'], shows: '[$#]', opens: ': ' },
  titled: {
    command: bash(
      `printf '\\033k:x\\033\\\\> '; read x; printf "\\033k$x\\033\\\\done\\n"; read x`,
    ),
    shows: '>',
  },
  cat: { command: ['sh', '-c', 'stty echo; exec cat >/dev/null'], shows: '' },
  input: { command: ['python3', '-c', 'input("Please enter it: ");input()'], shows: 'Please' },
  getpass: {
    command: ['python3', '-c', 'import getpass;getpass.getpass();input()'],
    shows: 'Passw',
    echo: '',
  },
  python: { command: ['python3', '-qi'], shows: '>>>', opens: 'x="' },
  question: { command: node(READLINE), shows: 'Type your' },
  repl: { command: ['node', '-i'], shows: '>', opens: '//' },
  sqlite: { command: ['sqlite3', '-interactive'], shows: 'sqlite>', opens: '--' },
  gdb: { command: ['gdb', '-q'], shows: '\\(gdb\\)', opens: '#' },
  vim: { command: ['vim', '-u', 'NONE', '-i', 'NONE', '-n'], shows: '~', opens: 'i' },
  line: { command: ['vim', '-u', 'NONE', '-i', 'NONE', '-n'], shows: '~', opens: ':"' },
  less: { command: ['sh', '-c', 'seq 99 | LESSHISTFILE=- less'], shows: '', opens: '/' },
  key: { command: ['ssh-keygen', '-y', '-f', 'locked'], shows: 'passphrase', echo: '' },
  box: { command: node(BOX), shows: 'Continue' },
  rows: { command: node(ROWS), shows: 'Proceed' },
  ahead: {
    command: bash('echo works; until [ -e go ]; do sleep 0.1; done; read -e -p "Now: " x; read y'),
    shows: 'works',
  },
};
const isInstalled = ({ command: [program = ''] }: Prompt) =>
  (process.env['PATH'] ?? '').split(':').some((folder) => existsSync(join(folder, program)));
const prompts = Object.entries(PROMPTS).filter(([, prompt]) => isInstalled(prompt));

const triadFor = (hook: string) => ({
  sessions: [
    {
      name: 'pair',
      layout: 'tiled',
      webhookHosts: ['127.0.0.1'],
      rules: prompts.flatMap(([pane]) => [
        rule(`${pane}-kept`, { pane, match: '.' }, { exec: ['sh', '-c', 'cat >> matched'] }),
        rule(`${pane}-told`, { pane, state: 'needs-input' }, { webhook: hook }),
      ]),
      panes: prompts.map(([name, { command }]) => ({
        ...{ name, command, needsInput: { silence: '100ms' } },
        env: { HOME: '/nonexistent', PS1: '$ ' },
      })),
    },
  ],
});

function rule(name: string, when: object, does: object) {
  return { name, when, do: does, cooldown: '0s', limit: { count: 100 } };
}

let home: TriadHome;
let up: Up;
let hook: Server;
const posted: string[] = [];

beforeAll(async () => {
  hook = createServer((request, response) => {
    void text(request).then((body) => {
      posted.push(body);
      response.end();
    });
  }).listen(0, '127.0.0.1');
  await once(hook, 'listening');
  const { port } = hook.address() as AddressInfo;
  const triad = JSON.stringify(triadFor(`http://127.0.0.1:${port}/hook`));
  home = await TriadHome.make({ triad, people: { dora: 'driver', olga: 'observer' } });
  const made = ['-q', '-t', 'ed25519', '-N', 'another', '-f', home.path('locked')];
  execFileSync('ssh-keygen', made);
  up = await home.up();
});
afterAll(async () => {
  await home[Symbol.asyncDispose]();
  hook.close();
});

/** tmux's socket, and the panes' ids. */
let socket = '';
const ids = new Map<string, string>();

async function panes() {
  const [session] = (await home.status()).sessions;
  socket = session?.socket ?? '';
  for (const { name, id } of session?.panes ?? []) ids.set(name, id ?? '');
  return session?.panes ?? [];
}

function tmux(...args: string[]): string {
  return execFileSync(TESTED_TMUX, ['-S', socket, ...args], { encoding: 'utf8' });
}

const screenOf = (name: string) => tmux('capture-pane', '-p', '-t', ids.get(name) ?? '');

/** Each pane has put out nothing for longer than the silence after which it asks. */
async function haveFallenSilent(): Promise<void> {
  const isSilent = (at: string | null) => at === null || Date.now() - Date.parse(at) > QUIET_MS;
  await eventually('all panes are silent', async () =>
    (await panes()).every(({ telemetry }) => isSilent(telemetry.lastOutputAt)),
  );
}

/** Types into each pane in its turn, after it has the keys; what is typed is seen before the next. */
async function typeEverywhere(
  driver: Terminal,
  typed: (prompt: Prompt) => string,
  seen: (prompt: Prompt) => string,
): Promise<void> {
  for (const [name, prompt] of prompts) {
    tmux('select-pane', '-t', ids.get(name) ?? '');
    driver.type(typed(prompt));
    await showsAll(name, seen(prompt), driver);
  }
  await haveFallenSilent();
}

async function showsAll(name: string, text: string, driver: Terminal): Promise<void> {
  const isSeen = () => screenOf(name).replace(/\s/g, '').includes(text);
  await eventually(`${name} shows ${text}`, isSeen, () => driver.text);
}

/** Every place that keeps or tells something, by its name. */
async function everything(): Promise<ReadonlyMap<string, string>> {
  const files = readdirSync(home.root, { recursive: true, withFileTypes: true })
    .filter((file) => file.isFile() && !file.name.endsWith('.tmp'))
    .map(({ parentPath, name }) => join(parentPath, name));
  const verbs = [['status'], ['who'], ['grants'], ['events', '--since', '1h']];
  const listings = verbs.flatMap((verb) => [verb, [...verb, '--json']]);
  const places = new Map(files.map((path) => [path, readFileSync(path, 'latin1')]));
  for (const listing of listings) {
    const { code, stdout, stderr } = await home.run(listing);
    expect(code, stderr).toBe(0);
    places.set(listing.join(' '), stdout);
  }
  places.set('webhooks', posted.join('\n'));
  places.set('log', up.stderr());
  places.set('buffers', tmux('list-buffers'));
  for (const scope of ['-s', '-g', '-w', '-gw']) places.set(scope, tmux('show-options', scope));
  for (const [name, id] of ids) places.set(name, tmux('show-options', '-p', '-t', id));
  return places;
}

test(`what is typed at ${prompts.length} kinds of prompts, with pauses, is kept and told nowhere`, {
  timeout: 240_000,
}, async () => {
  expect(prompts.length).toBeGreaterThanOrEqual(15);
  await using driver = Terminal.ssh(
    { port: up.port, keyPath: home.keyOf('dora') },
    { size: { cols: 240, rows: 120 } },
  );
  await driver.sees('dora');
  await panes();
  for (const [name, { shows }] of prompts) {
    const isThere = () => new RegExp(shows).test(screenOf(name));
    await eventually(`${name} asks`, isThere, () => driver.text);
  }
  const isAsking = async () => (await panes()).find(({ name }) => name === 'read')?.question;
  await eventually('the pane read asks', isAsking);
  await typeEverywhere(
    driver,
    ({ opens = '' }) => opens + HALF,
    ({ echo = HALF }) => echo,
  );
  writeFileSync(home.path('go'), '');
  // What was typed ahead is shown again, behind the prompt.
  await showsAll('ahead', `Now:${HALF}`, driver);
  await typeEverywhere(
    driver,
    () => REST,
    ({ echo }) => (echo === undefined ? HALF + REST : echo + echo),
  );
  // A driver with another terminal comes: programs draw anew all that was typed.
  await using other = Terminal.ssh(
    { port: up.port, keyPath: home.adminKey },
    { size: { cols: 200, rows: 100 } },
  );
  await other.sees('pair 0:');
  await haveFallenSilent();
  await typeEverywhere(
    driver,
    () => '\r',
    () => '',
  );
  await home.run(['send', 'cat', `${HALF}${REST}`]);
  await haveFallenSilent();
  for (const [place, content] of await everything()) {
    const found = content.split('\n').filter((line) => line.includes(HALF) || line.includes(REST));
    expect(
      found.map((line) => line.slice(0, 400)),
      place,
    ).toEqual([]);
  }
  const asked = home.lines('state/events.jsonl').filter(({ kind }) => kind === 'pane-asks');
  const questions = asked.filter(({ pane }) => pane === 'read').map(({ text }) => text);
  expect(questions.length).toBeGreaterThan(1);
  expect([...new Set(questions)]).toEqual(['read asks: Name of the user:']);
});
