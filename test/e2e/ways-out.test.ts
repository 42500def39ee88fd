import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { eventually } from '../helpers/eventually.js';
import { signalNow } from '../helpers/signal.js';
import { Terminal } from '../helpers/terminal.js';
import { TmuxProbe } from '../helpers/tmux-probe.js';
import { TriadHome, type Up } from '../helpers/triad-home.js';

const LEFT = 'triad: you left pair; the session goes on';
const KICKED = 'triad: an admin has disconnected you from pair; the session goes on';
const REVOKED = 'triad: your access to pair was taken back; the session goes on';
const EXPIRED =
  'triad: your access to pair has expired, an admin of it can renew it; the session goes on';
const STOPPING = 'triad: the gateway is stopping; session pair goes on, try again later';
const ENDED = 'triad: session pair has ended';
const AWAITED = 'You get the session back when it returns';
const FAILED = 'triad: your view of pair failed; the session goes on, try again';

/** One pane that shows what is typed, and wants of the terminal all that a program can want. */
const LOUD = String.raw`printf "\033[?1003h\033[?1006h\033[?2004h\033[?1004h\033[?1h\033=\033[?25l\033[41m"; exec cat`;
const LOUD_TRIAD = `sessions: [{name: pair, panes: [{name: worker, command: ${JSON.stringify(LOUD)}}]}]\n`;

let home: TriadHome;
let up: Up;
let probe: TmuxProbe;
/** What was granted before a test took some of it back. */
let grants = '';

beforeAll(async () => {
  home = await TriadHome.make({ people: { dora: 'driver', olga: 'observer' }, triad: LOUD_TRIAD });
  up = await home.up();
  probe = await TmuxProbe.of(home);
  grants = home.read('keys/authorized_keys');
});

beforeEach(() => setGrants(grants));

afterAll(async () => {
  await home[Symbol.asyncDispose]();
});

function setGrants(text: string): void {
  writeFileSync(home.path('keys/authorized_keys'), text);
}

/** Takes the key of the file until the gateway knows of it: until then a login may be refused. */
async function attach(person: 'dora' | 'olga'): Promise<Terminal> {
  const shown = person === 'dora' ? 'driving' : 'watching';
  await eventually('the grants are in force', async () => {
    const { stdout } = await home.run(['grants', '--json']);
    const isEverybodyIn = stdout.includes('"dora"') && stdout.includes('"olga"');
    // One that expires is what the test before has left.
    return isEverybodyIn && !/"expiresAt": "/.test(stdout);
  });
  const terminal = Terminal.ssh({ port: up.port, keyPath: home.keyOf(person) });
  await terminal.sees(shown);
  return terminal;
}

async function endsWith(terminal: Terminal, status: number, sentence: string): Promise<void> {
  expect(await terminal.status(), terminal.text).toBe(status);
  expect(terminal.lastLine).toBe(sentence);
  expect(terminal.isRestored, `modes ${terminal.modes.join()}`).toBe(true);
  expect(terminal.isAlternate).toBe(false);
}

test('a driver who detaches with C-b d leaves with status 0', async () => {
  await using driver = await attach('dora');
  driver.type('\x02d');
  await endsWith(driver, 0, LEFT);
});

test('kicked people leave with status 77 and may come back', async () => {
  await using driver = await attach('dora');
  await using observer = await attach('olga');
  expect((await home.run(['kick', 'dora'])).code).toBe(0);
  await endsWith(driver, 77, KICKED);
  expect((await home.run(['kick', 'olga'])).code).toBe(0);
  await endsWith(observer, 77, KICKED);
  await using again = await attach('dora');
  await again.sees('driving');
});

test('revoked people leave with status 77', async () => {
  await using driver = await attach('dora');
  await using observer = await attach('olga');
  await home.run(['revoke', 'dora']);
  await endsWith(driver, 77, REVOKED);
  await home.run(['revoke', 'olga']);
  await endsWith(observer, 77, REVOKED);
});

test('a line that is taken out of the file by hand closes its views', async () => {
  await using driver = await attach('dora');
  await using observer = await attach('olga');
  setGrants(
    grants
      .split('\n')
      .filter((line) => !line.includes('dora'))
      .join('\n'),
  );
  await endsWith(driver, 77, REVOKED);
  await observer.sees('watching');
});

test('a grant that expires closes its views', async () => {
  await using driver = await attach('dora');
  await home.run(['grant', 'dora', '--role', 'driver', '--for', '2s']);
  await endsWith(driver, 77, EXPIRED);
});

test("a driver's tmux client that is killed costs that view alone, with status 70", async () => {
  await using observer = await attach('olga');
  await using driver = await attach('dora');
  const client = (await probe.clients()).find(({ isReadOnly }) => !isReadOnly);
  signalNow(client?.pid, 'SIGKILL');
  await endsWith(driver, 70, FAILED);
  await observer.sees('watching');
});

test("a driver's detach-client -P, which sends SIGHUP to the gateway, costs that view alone", async () => {
  await using observer = await attach('olga');
  await using driver = await attach('dora');
  await driver.command('detach-client -P');
  await endsWith(driver, 0, LEFT);
  await using again = await attach('dora');
  again.type('alive\r');
  await observer.sees(/alive[\s\S]*alive/);
});

test('C-b C-z does not freeze the terminal of whoever presses it', async () => {
  await using driver = await attach('dora');
  driver.type('\x02\x1a');
  driver.type('awake\r');
  await driver.sees(/awake[\s\S]*awake/);
});

test('people whose tmux server dies wait for the session, and are back in it', async () => {
  await using driver = await attach('dora');
  await using observer = await attach('olga');
  process.kill(await probe.serverPid(), 'SIGKILL');
  for (const terminal of [driver, observer]) await terminal.sees(AWAITED);
  await driver.sees('driving');
  await observer.sees('watching');
  driver.type('back again\r');
  await observer.sees(/back again[\s\S]*back again/);
});

test('people leave with status 75 when the gateway stops, and the session goes on', async () => {
  await using driver = await attach('dora');
  await using observer = await attach('olga');
  up.process.kill('SIGTERM');
  await endsWith(driver, 75, STOPPING);
  await endsWith(observer, 75, STOPPING);
  expect((await up.ended).code).toBe(0);
  expect(await probe.sessions()).toEqual(['pair']);
  up = await home.up();
});

test('people leave with status 69 when the session is ended', async () => {
  await using driver = await attach('dora');
  await using observer = await attach('olga');
  await home.run(['down', '--session']);
  await endsWith(driver, 69, ENDED);
  await endsWith(observer, 69, ENDED);
  await up.ended;
});

test('each way out is on record', () => {
  const closed = home
    .lines('state/audit.jsonl')
    .filter(({ event }) => event === 'attachment-closed');
  const reasons = new Set(closed.map((line) => line['reason']));
  for (const reason of [
    'detached',
    'kicked',
    'revoked',
    'expired',
    'failed',
    'session-ended',
    'stopping',
  ]) {
    expect([...reasons]).toContain(reason);
  }
  expect(readFileSync(home.path('state/triad.log'), 'utf8')).not.toContain('uncaught');
});

test('with host and gateway apart, no way out leaves a terminal in disorder', async () => {
  await using apart = await TriadHome.make({
    people: { dora: 'driver', olga: 'observer' },
    triad: LOUD_TRIAD,
  });
  await apart.host();
  const gateway = await apart.gateway();
  const tmux = await TmuxProbe.of(apart);
  const attachTo = async (person: 'dora' | 'olga') => {
    const terminal = Terminal.ssh({ port: gateway.port, keyPath: apart.keyOf(person) });
    await terminal.sees(person === 'dora' ? 'driving' : 'watching');
    // What the program wants of a driver's terminal; a watcher's wants pastes and the wheel by itself.
    await eventually('the terminal has bracketed paste on', () => terminal.modes.includes(2004));
    return terminal;
  };
  await using observer = await attachTo('olga');
  await using cutOff = await attachTo('dora');
  const client = (await tmux.clients()).find(({ isReadOnly }) => !isReadOnly);
  signalNow(client?.pid, 'SIGKILL');
  await endsWith(cutOff, 70, FAILED);
  await using kicked = await attachTo('dora');
  await apart.run(['kick', 'dora']);
  await endsWith(kicked, 77, KICKED);
  await using driver = await attachTo('dora');
  process.kill(await tmux.serverPid(), 'SIGKILL');
  for (const terminal of [driver, observer]) await terminal.sees(AWAITED);
  await driver.sees('driving');
  await observer.sees('watching');
  await using last = await attachTo('dora');
  gateway.process.kill('SIGTERM');
  await endsWith(last, 75, STOPPING);
});
