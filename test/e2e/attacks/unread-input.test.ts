/**
 * A driver pastes 8 MB into a pane whose program does not read, and is revoked. tmux takes whatever it
 * is given and nobody can take that back: 6.6 MB were typed into the pane long after the revoke, once its
 * program read again. What tmux is given and the program has not read is bounded; the rest waits in a
 * queue that the revoke empties, and a neighbour types on. The same holds for a driver who becomes an
 * observer, and watches on.
 */
import { existsSync, statSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually } from '../../helpers/eventually.js';
import { SshClient, sshArguments } from '../../helpers/ssh-client.js';
import { Terminal } from '../../helpers/terminal.js';
import { TmuxProbe } from '../../helpers/tmux-probe.js';
import { TriadHome, type Up } from '../../helpers/triad-home.js';

/** Longer than tmux takes for a piece of a paste. */
const STILL_MS = 1_500;
const PASTE_BYTES = 8 * 1024 * 1024;
/** What the host gives, and as much again where tmux was slow to pass on what it had; docs/security.md. */
const MAX_ARRIVING_BYTES = 128 * 1024;

/** Keeps what it reads, and reads nothing before it may. */
const READER = (modes: string) =>
  `stty ${modes} -echo; until [ -e read-$TRIAD_PANE ]; do sleep 0.1; done; exec tee typed-$TRIAD_PANE >/dev/null`;
const PANES = { raw: 'raw', lines: 'icanon', demoted: 'icanon' } as const;

let home: TriadHome;
let up: Up;

beforeAll(async () => {
  const panes = Object.entries(PANES).map(([name, modes]) => ({
    ...{ name, command: ['sh', '-c', READER(modes)] },
  }));
  const triad = JSON.stringify({ sessions: [{ name: 'pair', panes }] });
  home = await TriadHome.make({ triad, people: { dirk: 'driver' } });
  up = await home.up();
});
afterAll(async () => {
  await home[Symbol.asyncDispose]();
});

const typedBytes = (name: string) => statSync(home.path(`typed-${name}`)).size;

async function standsStill(what: string, count: () => number): Promise<void> {
  let last = { count: -1, at: 0 };
  await eventually(`${what} stands still`, () => {
    const now = count();
    if (now !== last.count) last = { count: now, at: Date.now() };
    return Date.now() - last.at > STILL_MS;
  });
}

/** Pastes into the pane that has the keys until all is taken, or nothing more is: then the client's own queue is full, too. */
async function paste(engineer: 'dora' | 'otto'): Promise<SshClient> {
  home.addGrant(engineer, 'role="driver"');
  await eventually('the grant is known', async () =>
    (await home.run(['grants'])).stdout.includes(engineer),
  );
  const paster = new SshClient(
    sshArguments({ port: up.port, keyPath: home.keyOf(engineer) }, ['-tt', '-e', 'none']),
  );
  await paster.sees(engineer);
  paster.process.stdin.write(Buffer.from(`${'x'.repeat(63)}\r`.repeat(PASTE_BYTES / 64)));
  await standsStill('the paste', () => paster.process.stdin.writableLength);
  return paster;
}

/** A neighbour whose keys, as everybody's, go to a pane. */
async function neighbourIn(name: string): Promise<Terminal> {
  const [session] = (await home.status()).sessions;
  const id = session?.panes.find((each) => each.name === name)?.id ?? '';
  const probe = await TmuxProbe.of(home);
  await probe.ask('select-pane', '-t', id);
  const driver = Terminal.ssh({ port: up.port, keyPath: home.keyOf('dirk') });
  await driver.sees('dirk');
  return driver;
}

/** The pane's program reads again, and the neighbour types on: that little of the paste has arrived. */
async function littleArrives(name: string, neighbour: Terminal): Promise<void> {
  writeFileSync(home.path(`read-${name}`), '');
  neighbour.type('END\r');
  const read = () => (existsSync(home.path(`typed-${name}`)) ? home.read(`typed-${name}`) : '');
  await eventually('the neighbour types on', () => read().includes('END'));
  // What waited anywhere would come now, and behind it.
  await standsStill('the pane', () => typedBytes(name));
  expect(typedBytes(name)).toBeGreaterThan(0);
  expect(typedBytes(name)).toBeLessThan(MAX_ARRIVING_BYTES);
}

test.each(['raw', 'lines'])(
  'what was pasted before a revoke and not read is dropped, in a pane that reads %s',
  async (name) => {
    await using neighbour = await neighbourIn(name);
    await using paster = await paste('dora');
    expect(await home.run(['revoke', 'dora'])).toMatchObject({ code: 0 });
    expect((await paster.ended).code).toBe(77);
    await littleArrives(name, neighbour);
  },
);

test('what a driver pasted and the pane has not read is dropped when they become an observer', async () => {
  await using neighbour = await neighbourIn('demoted');
  await using paster = await paste('otto');
  expect(await home.run(['grant', 'otto', '--role', 'observer'])).toMatchObject({ code: 0 });
  await paster.sees('watching');
  await littleArrives('demoted', neighbour);
});
