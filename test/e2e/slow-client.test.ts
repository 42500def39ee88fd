import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { giveUpSilentClientsSoon } from '../helpers/client-alive.js';
import { count } from '../helpers/counts.js';
import { eventually } from '../helpers/eventually.js';
import { Terminal } from '../helpers/terminal.js';
import { TmuxProbe } from '../helpers/tmux-probe.js';
import { FORMS, type Form, type Serving, startAs } from '../helpers/triad-form.js';
import { TriadHome } from '../helpers/triad-home.js';
import { Wire } from '../helpers/wire.js';

/** Many colours on a large screen: each repaint is some 100 KB. Ends at the next line typed. */
const FLOOD =
  'awk \'BEGIN { for (;;) { s = ""; n++; for (i = 0; i < 70; i++) s = s sprintf("\\033[38;2;%d;%d;7m#%03d", i, n % 256, i); print s } }\' & read end; kill $!; printf \'\\033[0m\'; clear; echo flood over; exec cat';
const SIZE = { cols: 290, rows: 90 };
/** What tmux writes for the client that is stopped; more than anybody may hold for it. */
const WRITTEN_BYTES = count(4, 40) * 1024 * 1024;
const FLOOD_LIMIT_MS = count(30_000, 180_000);
/** OpenSSH's window for a terminal, what the gateway holds before it drops, and one repaint. */
const MAX_HELD_BYTES = 2 * 1024 * 1024;
const MAX_TMUX_GROWTH_KB = 16 * 1024;
/** What an observer's client has not consumed at most, and the calm screens that follow. */
const MAX_OBSERVER_BYTES = (128 + 16) * 1024;
/** Frames that one who is stopped misses. */
const MIN_SKIPPED = 20;
/** What Node.js has not collected yet comes on top of what is held, and the mirror of a large screen. */
const MAX_OUR_GROWTH_KB = 48 * 1024;

type Watcher = 'dora' | 'dirk' | 'olga';

interface Flooded extends AsyncDisposable {
  readonly home: TriadHome;
  readonly serving: Serving;
  readonly probe: TmuxProbe;
}

async function start(form: Form, prepare: (home: TriadHome) => void): Promise<Flooded> {
  const home = await TriadHome.make({
    triad: `sessions: [{name: pair, panes: [{name: worker, command: [sh]}]}]\n`,
    people: { dora: 'driver', dirk: 'driver', olga: 'observer' },
    // Little room for garbage: what grows is then held, not just not collected yet.
    env: { NODE_OPTIONS: '--max-semi-space-size=1 --max-old-space-size=80', MALLOC_ARENA_MAX: '2' },
  });
  // A long history would hide what the clients cost.
  const tmuxConf = home.path('config/tmux.conf');
  writeFileSync(
    tmuxConf,
    home.read('config/tmux.conf').replace(/history-limit \d+/, 'history-limit 10'),
  );
  prepare(home);
  const serving = await startAs(form, home);
  const probe = await TmuxProbe.of(home);
  return { home, serving, probe, [Symbol.asyncDispose]: () => home[Symbol.asyncDispose]() };
}

function attach({ home, serving }: Flooded, person: Watcher, port = serving.gateway.port) {
  return Terminal.ssh({ port, keyPath: home.keyOf(person) }, { size: SIZE });
}

/** Somebody in a large window, who will start the flood. */
async function attachDirk(flooded: Flooded): Promise<Terminal> {
  const dirk = attach(flooded, 'dirk');
  await dirk.sees('pair');
  dirk.type('PS1="$ "; clear\r');
  const isLarge = async () => (await flooded.probe.windowSize()) === '290x89';
  await eventually('the window is large', isLarge);
  return dirk;
}

/** What tmux, host and gateway hold, in this order; one process counts twice. */
async function residentKbs({ probe, serving }: Flooded): Promise<number[]> {
  const tmux = await probe.serverPid();
  const pids = [tmux, serving.host.process.pid ?? 0, serving.gateway.process.pid ?? 0];
  return pids.map((pid) => residentKb(pid));
}

/** What is held stays while the flood goes on; what only was not collected yet goes away. */
async function isHeldWithinBounds(flooded: Flooded, before: readonly number[]): Promise<void> {
  const limits = [MAX_TMUX_GROWTH_KB, MAX_OUR_GROWTH_KB, MAX_OUR_GROWTH_KB];
  let growth: number[] = [];
  const isWithin = async () => {
    growth = (await residentKbs(flooded)).map((kb, index) => kb - (before[index] ?? 0));
    return growth.every((kb, index) => kb < (limits[index] ?? 0));
  };
  const evidence = () => `KB more in tmux, host and gateway: ${growth.join(', ')}`;
  await eventually('what is held for slow clients is little', isWithin, evidence);
}

function residentKb(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
}

/** Waits until tmux has written much for each driver; a mirror, which is paced, gets less. */
async function floods({ probe }: Flooded, dirk: Terminal): Promise<void> {
  const format = '#{client_readonly} #{client_control_mode} #{client_written}';
  const isEnough = async () => {
    const rows = (await probe.ask('list-clients', '-F', format)).split('\n');
    const drivers = rows.filter((row) => row.startsWith('0 0 '));
    const written = drivers.map((row) => Number(row.split(' ')[2]));
    return Math.min(...written) > WRITTEN_BYTES;
  };
  await eventually('the flood went on', isEnough, () => dirk.text, FLOOD_LIMIT_MS);
}

async function skipsFrames({ home }: Flooded): Promise<void> {
  const skipped = async () => (await home.who()).map((each) => each.skippedFrames);
  const isSkipping = async () => Math.max(...(await skipped())) > MIN_SKIPPED;
  await eventually('frames were skipped', isSkipping, skipped, FLOOD_LIMIT_MS);
}

async function calmsDown(dirk: Terminal): Promise<void> {
  dirk.type('\r');
  await dirk.sees('flood over');
  dirk.type('typed meanwhile\r');
  await dirk.sees(/typed meanwhile\s+typed meanwhile/);
}

async function showsWhatAFreshViewShows(
  flooded: Flooded,
  terminal: Terminal,
  person: Watcher,
): Promise<void> {
  await using fresh = attach(flooded, person);
  await fresh.sees('typed meanwhile');
  const isSame = () =>
    paneRows(terminal) === paneRows(fresh) && lasting(terminal) === lasting(fresh);
  const evidence = () => [terminal.modes, terminal.text, '---', fresh.modes, fresh.text].join('\n');
  await eventually('the screen is that of a fresh view', isSame, evidence);
}

/** Modes but for mintty's Escape: tmux sets it when a terminal has said in time what it is. */
function lasting(terminal: Terminal): string {
  return terminal.modes.filter((mode) => mode !== 7727).join();
}

/** All but the line at the bottom, which says who one is. */
function paneRows(terminal: Terminal): string {
  return terminal.rows.slice(0, -1).join('\n');
}

describe.each(FORMS)('in %s', { timeout: 2 * FLOOD_LIMIT_MS }, (form) => {
  test('clients that stop while the session floods are held little for, and then show the right screen', async () => {
    await using flooded = await start(form, () => undefined);
    await using dirk = await attachDirk(flooded);
    await using observer = attach(flooded, 'olga');
    await using driver = attach(flooded, 'dora');
    await using stopped = attach(flooded, 'olga');
    for (const terminal of [observer, driver, stopped]) await terminal.sees('pair');
    for (const terminal of [driver, stopped]) terminal.process.kill('SIGSTOP');
    const [byDriver, byObserver] = [driver, stopped].map((terminal) => terminal.output.length);
    const before = await residentKbs(flooded);
    dirk.type(`${FLOOD}\r`);
    await observer.sees('#03');
    await skipsFrames(flooded);
    await floods(flooded, dirk);
    await isHeldWithinBounds(flooded, before);
    await calmsDown(dirk);
    await observer.sees('typed meanwhile');
    for (const terminal of [driver, stopped]) terminal.process.kill('SIGCONT');
    await showsWhatAFreshViewShows(flooded, driver, 'dora');
    await showsWhatAFreshViewShows(flooded, stopped, 'olga');
    expect(driver.output.length - (byDriver ?? 0)).toBeLessThan(MAX_HELD_BYTES);
    expect(stopped.output.length - (byObserver ?? 0)).toBeLessThan(MAX_OBSERVER_BYTES);
    driver.type('and awake\r');
    await dirk.sees(/and awake\s+and awake/);
  });

  test('a driver whose network dies while the session floods is held little for, and given up', async () => {
    await using flooded = await start(form, giveUpSilentClientsSoon);
    await using wire = await Wire.to(flooded.serving.gateway.port);
    await using dirk = await attachDirk(flooded);
    await using lost = attach(flooded, 'dora', wire.port);
    await lost.sees('pair');
    const before = await residentKbs(flooded);
    dirk.type(`${FLOOD}\r`);
    await lost.sees('#03');
    wire.goDead();
    const isGivenUp = async () => (await flooded.probe.clients()).length === 1;
    await eventually('only dirk is left', isGivenUp);
    await floods(flooded, dirk);
    await isHeldWithinBounds(flooded, before);
    await calmsDown(dirk);
    await using again = attach(flooded, 'dora');
    await again.sees('typed meanwhile');
  });
});
