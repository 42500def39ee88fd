import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually } from '../helpers/eventually.js';
import { Terminal } from '../helpers/terminal.js';
import { TmuxProbe } from '../helpers/tmux-probe.js';
import { TriadHome } from '../helpers/triad-home.js';

let home: TriadHome;
let probe: TmuxProbe;
let port = 0;

beforeAll(async () => {
  home = await TriadHome.make({ people: { dora: 'driver', dirk: 'driver', olga: 'observer' } });
  ({ port } = await home.up());
  probe = await TmuxProbe.of(home);
});

afterAll(async () => {
  await home[Symbol.asyncDispose]();
});

async function attach(person: 'dora' | 'dirk' | 'olga'): Promise<Terminal> {
  const terminal = Terminal.ssh({ port, keyPath: home.keyOf(person) });
  await terminal.sees(/driving|watching/);
  return terminal;
}

async function setRole(person: string, role: string): Promise<void> {
  const { code, stderr } = await home.run(['grant', person, '--role', role]);
  expect(code, stderr).toBe(0);
}

async function paneText(): Promise<string> {
  return probe.ask('capture-pane', '-p', '-S', '-', '-t', `${probe.target}.0`);
}

test('an observer who becomes a driver types at once, in the same terminal', async () => {
  await using olga = await attach('olga');
  olga.type('typed as an observer\r');
  await setRole('olga', 'driver');
  await olga.sees('driving');
  olga.type('typed as a driver\r');
  await olga.sees(/typed as a driver[\s\S]*typed as a driver/);
  expect(await paneText()).not.toContain('typed as an observer');
  await setRole('olga', 'observer');
});

test('a driver who becomes an observer goes on watching, and types no more', async () => {
  await using dora = await attach('dora');
  await using dirk = await attach('dirk');
  await setRole('dora', 'observer');
  await dora.sees('watching');
  dora.type('typed too late\r');
  dirk.type('typed by dirk\r');
  await dora.sees(/typed by dirk[\s\S]*typed by dirk/);
  expect(await paneText()).not.toContain('typed too late');
  const mayType = (await probe.clients()).map(({ isReadOnly }) => !isReadOnly);
  expect(mayType.sort(), "the mirror's client, and dirk's").toEqual([false, true]);
  await setRole('dora', 'driver');
});

test('a role that goes back and forth leaves one view with the last role', async () => {
  await using dora = await attach('dora');
  for (const role of ['observer', 'driver', 'observer', 'admin', 'observer', 'driver']) {
    await setRole('dora', role);
  }
  await eventually('one client is left', async () => {
    const clients = await probe.clients();
    return clients.length === 1 && clients.every(({ isReadOnly }) => !isReadOnly);
  });
  dora.type('last role\r');
  await dora.sees(/last role[\s\S]*last role/);
});

test('a driver who becomes an admin keeps their view', async () => {
  await using dora = await attach('dora');
  const [before] = await probe.clients();
  await setRole('dora', 'admin');
  await eventually('the role is in force', async () =>
    (await home.run(['who'])).stdout.includes('admin'),
  );
  expect(await probe.clients()).toEqual([before]);
  dora.type('\x02d');
  expect(await dora.status()).toBe(0);
  await setRole('dora', 'driver');
});

test('somebody whose role has changed leaves a restored terminal', async () => {
  await using dora = await attach('dora');
  await setRole('dora', 'observer');
  await dora.sees('watching');
  dora.type('q');
  expect(await dora.status()).toBe(0);
  expect(dora.isRestored, `modes ${dora.modes.join()}`).toBe(true);
  expect(dora.lastLine).toBe('triad: you left pair; the session goes on');
  await setRole('dora', 'driver');
});
