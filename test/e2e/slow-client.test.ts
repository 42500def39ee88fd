import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { count } from '../helpers/counts.js';
import { eventually } from '../helpers/eventually.js';
import { Terminal } from '../helpers/terminal.js';
import { TmuxProbe } from '../helpers/tmux-probe.js';
import { TriadHome, type Up } from '../helpers/triad-home.js';

/** Many colours on a large screen: each repaint is some 100 KB. Ends at the next line typed. */
const FLOOD =
  'awk \'BEGIN { for (;;) { s = ""; n++; for (i = 0; i < 70; i++) s = s sprintf("\\033[38;2;%d;%d;7m#%03d", i, n % 256, i); print s } }\' & read end; kill $!; printf \'\\033[0m\'; clear; echo flood over; exec cat';
const SIZE = { cols: 290, rows: 90 };
/** What tmux writes for the client that is stopped; more than anybody may hold for it. */
const WRITTEN_BYTES = count(4, 40) * 1024 * 1024;
/** OpenSSH's window for a terminal, what the gateway holds before it drops, and one repaint. */
const MAX_HELD_BYTES = 2 * 1024 * 1024;
const MAX_TMUX_GROWTH_KB = 16 * 1024;

let home: TriadHome;
let up: Up;
let probe: TmuxProbe;

beforeAll(async () => {
  const triad = `sessions: [{name: pair, panes: [{name: worker, command: [sh]}]}]\n`;
  home = await TriadHome.make({
    triad,
    people: { dora: 'driver', dirk: 'driver', olga: 'observer' },
  });
  // A long history would hide what the clients cost.
  const tmuxConf = home.path('config/tmux.conf');
  writeFileSync(
    tmuxConf,
    home.read('config/tmux.conf').replace(/history-limit \d+/, 'history-limit 10'),
  );
  up = await home.up();
  probe = await TmuxProbe.of(home);
});

afterAll(async () => {
  await home[Symbol.asyncDispose]();
});

function attach(person: 'dora' | 'dirk' | 'olga'): Terminal {
  return Terminal.ssh({ port: up.port, keyPath: home.keyOf(person) }, { size: SIZE });
}

function residentKb(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
}

/** The least that tmux has written for any client with a terminal. */
async function writtenToEach(): Promise<number> {
  const rows = (
    await probe.ask('list-clients', '-F', '#{client_control_mode} #{client_written}')
  ).split('\n');
  const written = rows
    .map((row) => row.split(' ').map(Number))
    .filter(([isControl]) => isControl === 0);
  return Math.min(...written.map(([, bytes = 0]) => bytes));
}

test('a client that stops while the session floods is held little for, and then shows the right screen', async () => {
  await using typist = attach('dirk');
  await typist.sees('pair');
  typist.type('PS1="$ "; clear\r');
  await eventually('the window is large', async () => (await probe.windowSize()) === '290x89');
  await using driver = attach('dora');
  await using observer = attach('olga');
  for (const terminal of [driver, observer]) await terminal.sees('pair');
  const tmux = Number(await probe.ask('display-message', '-p', '#{pid}'));
  for (const terminal of [driver, observer]) terminal.process.kill('SIGSTOP');
  const held = [driver, observer].map((terminal) => terminal.output.length);
  const tmuxBefore = residentKb(tmux);
  typist.type(`${FLOOD}\r`);
  const isEnough = async () => (await writtenToEach()) > WRITTEN_BYTES;
  await eventually('the flood went on', isEnough, () => typist.text, 45_000);
  expect(residentKb(tmux) - tmuxBefore).toBeLessThan(MAX_TMUX_GROWTH_KB);
  typist.type('\r');
  await typist.sees('flood over');
  typist.type('typed meanwhile\r');
  await typist.sees(/typed meanwhile\s+typed meanwhile/);
  for (const terminal of [driver, observer]) terminal.process.kill('SIGCONT');
  await showsWhatAFreshViewShows(driver, 'dora');
  await showsWhatAFreshViewShows(observer, 'olga');
  for (const [index, terminal] of [driver, observer].entries()) {
    expect(terminal.output.length - (held[index] ?? 0)).toBeLessThan(MAX_HELD_BYTES);
  }
  driver.type('and awake\r');
  await typist.sees(/and awake\s+and awake/);
});

async function showsWhatAFreshViewShows(
  terminal: Terminal,
  person: 'dora' | 'olga',
): Promise<void> {
  await using fresh = attach(person);
  await fresh.sees('typed meanwhile');
  const isSame = () =>
    paneRows(terminal) === paneRows(fresh) && terminal.modes.join() === fresh.modes.join();
  const evidence = () => [terminal.modes, terminal.text, '---', fresh.modes, fresh.text].join('\n');
  await eventually('the screen is that of a fresh view', isSame, evidence);
}

/** All but tmux's status line, which says who one is. */
function paneRows(terminal: Terminal): string {
  return terminal.rows.slice(0, -1).join('\n');
}
