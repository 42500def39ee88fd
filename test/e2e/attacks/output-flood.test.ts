/**
 * A client decides how much may be sent to it. With a window of 4 GiB the SSH library takes whatever
 * is written for sent, and 656 MB waited in the socket after four seconds; the same within a key
 * exchange that is never finished, in a queue that nobody sees. And a client that vanishes in the
 * middle of all this must leave nothing.
 */
import { afterAll, beforeAll, test } from 'vitest';
import { AttackedTriad } from '../../helpers/attacked-triad.js';
import { count } from '../../helpers/counts.js';
import { eventually } from '../../helpers/eventually.js';
import { MESSAGE, type RawSshClient } from '../../helpers/raw-ssh-client.js';
import { TmuxProbe } from '../../helpers/tmux-probe.js';

/** Many colours on a large screen: each repaint is some 100 KB. Starts at the first line typed. */
const FLOOD =
  'read start; awk \'BEGIN { for (;;) { s = ""; n++; for (i = 0; i < 70; i++) s = s sprintf("\\033[38;2;%d;%d;7m#%03d", i, n % 256, i); print s } }\'';
const SIZE = { cols: 290, rows: 90 };
/** What tmux writes for each client that does not read; the kernel alone takes some megabytes. */
const WRITTEN_BYTES = count(4, 40) * 1024 * 1024;

let triad: AttackedTriad;
let probe: TmuxProbe;

beforeAll(async () => {
  const panes = [{ name: 'worker', command: ['sh', '-c', FLOOD] }];
  triad = await AttackedTriad.start({
    triad: JSON.stringify({ sessions: [{ name: 'pair', panes }] }),
  });
  probe = await TmuxProbe.of(triad.home);
  await using starter = await attached(2 ** 21);
  starter.sendData(0, '\r');
  await eventually('the flood has begun', async () =>
    (await written()).every((bytes) => bytes > 100_000),
  );
});

afterAll(async () => {
  await triad[Symbol.asyncDispose]();
});

async function attached(window: number): Promise<RawSshClient> {
  const raw = await triad.logIn();
  await raw.openSession(0, { window });
  raw.attach(0, SIZE);
  await raw.next([MESSAGE.channelData]);
  return raw;
}

/** What tmux has written for each driver. */
async function written(): Promise<number[]> {
  const rows = await probe.ask('list-clients', '-F', '#{client_control_mode} #{client_written}');
  return rows
    .split('\n')
    .map((row) => row.split(' ').map(Number))
    .filter(([isControl]) => isControl === 0)
    .map(([, bytes = 0]) => bytes);
}

test('clients that do not read are held little for, whatever they granted', async () => {
  const clients: RawSshClient[] = [];
  const attack = async (): Promise<void> => {
    for (const window of [2 ** 32 - 1, 2 ** 21]) {
      const raw = await attached(window);
      clients.push(raw);
      raw.socket.pause();
    }
    const stuck = await attached(2 ** 32 - 1);
    clients.push(stuck);
    stuck.startKeyExchange();
    stuck.socket.pause();
    const isEnough = async (): Promise<boolean> => {
      const all = await written();
      if (all.length < clients.length) throw new Error(`a client is gone\n${triad.lastLines()}`);
      return all.every((bytes) => bytes > WRITTEN_BYTES);
    };
    await eventually(
      'all clients are attached',
      async () => (await written()).length === clients.length,
    );
    await eventually('the flood went on', isEnough, written, 60_000);
    for (const raw of clients) raw.socket.destroy();
  };
  await triad.withstands(attack, { reason: /^client left$/ });
}, 120_000);

test('clients that vanish in the middle of their output leave nothing', async () => {
  const attack = async (): Promise<void> => {
    for (let left = 0; left < count(4, 60); left += 1) {
      await using raw = await attached(2 ** 31 - 1);
      if (left % 2 === 0) raw.socket.resetAndDestroy();
      else raw.socket.end();
      await raw.closedByServer();
    }
    await eventually('no client of theirs is left', async () => (await written()).length === 0);
  };
  await triad.withstands(attack, { reason: /^(client left|read ECONNRESET)$/ });
}, 120_000);
