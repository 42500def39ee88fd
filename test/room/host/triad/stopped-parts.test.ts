import { chmodSync, chownSync, lstatSync, renameSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { eventually } from '../../../helpers/eventually.js';
import { isAlive, processState } from '../../../helpers/keeper-pane.js';
import { PAIR, SmallHost } from '../../../helpers/small-host.js';
import { tapOf } from '../../../helpers/tap-process.js';

const pane = (name: string) => ({ name, command: 'exec cat' });
const TWO = { panes: [pane('one'), pane('two')] };
const NOBODY = 65_534;
/** What tells the host's own client from people's (src/host/tmux/left-clients.ts). */
const CONTROL = 'control-mode';

const mendedIn = (small: SmallHost) =>
  small.events.filter(({ kind }) => kind === 'part-mended').map(({ text }) => text);

const problemsOf = async (small: SmallHost) => (await small.host.describe())[0]?.problems ?? [];

async function startTwo(): Promise<SmallHost> {
  const small = await SmallHost.startPlanned(TWO);
  await eventually('both panes are tapped', () => tapOf(small.directory, 'two') > 0);
  return small;
}

/** Whether what is typed into a pane from now on is read by its tap. */
async function isRead(small: SmallHost, name: string, text: string): Promise<void> {
  await small.link.pane({ ...small.address(name), ask: { verb: 'send', text, enter: true } });
  await eventually(`${text} is read`, async () => {
    const request = { start: { at: 0 }, maxBytes: 65_536, waitMs: 0 } as const;
    const { bytes } = await small.link.output({ ...small.address(name), ...request });
    return Buffer.from(bytes).toString().includes(text);
  });
}

test('a tap that is killed in a pane that puts out nothing is replaced, and the others are left alone', async () => {
  await using small = await startTwo();
  const [one, two] = [tapOf(small.directory, 'one'), tapOf(small.directory, 'two')];
  process.kill(one, 'SIGKILL');
  await eventually('the tap has ended', () => !isAlive(one));
  await eventually('the pane has another tap', () => tapOf(small.directory, 'one') > 0);
  expect(tapOf(small.directory, 'two')).toBe(two);
  await isRead(small, 'one', 'after');
  const lost = small.events.filter(({ kind }) => kind === 'output-lost');
  expect(lost.map(({ pane: of }) => of)).toEqual(['one']);
  expect(await problemsOf(small)).toEqual([]);
});

test('a tap that is killed while no host is there is replaced by the next one', async () => {
  await using small = await startTwo();
  await small.host.close();
  const one = tapOf(small.directory, 'one');
  process.kill(one, 'SIGKILL');
  await eventually('the tap has ended', () => !isAlive(one));
  await small.restart();
  await eventually('the pane has another tap', () => tapOf(small.directory, 'one') > 0);
  await isRead(small, 'one', 'after');
});

test('a tap that somebody stops is continued, with a host and before the next one', async () => {
  await using small = await startTwo();
  const one = tapOf(small.directory, 'one');
  process.kill(one, 'SIGSTOP');
  await eventually('the tap is continued', () => processState(one) !== 'T');
  await eventually('what was put right is on record', () => mendedIn(small).length > 0);
  expect(mendedIn(small)).toEqual(['tap of one was stopped, and was continued']);
  await small.host.close();
  process.kill(one, 'SIGSTOP');
  await small.restart();
  await eventually('the tap is continued again', () => processState(one) !== 'T');
  await isRead(small, 'one', 'after');
  expect(tapOf(small.directory, 'one')).toBe(one);
});

test('our tmux clients that somebody stops are continued: who asks, who types and who shows', async () => {
  await using small = await startTwo();
  const size = { cols: 80, rows: 24 };
  const view = await small.link.openDriver({
    ...{ session: PAIR, term: 'xterm', size, onOutput: () => undefined },
  });
  const mirror = await small.link.openMirror({
    ...{ session: PAIR, onOutput: () => undefined, onLayout: () => undefined },
  });
  const rows = async () =>
    (await small.tmux('list-clients', '-F', '#{client_pid} #{client_flags}')).split('\n');
  const clients = await eventually('all clients are attached', async () =>
    (await rows()).length === 3 ? rows() : undefined,
  );
  expect(clients.filter((row) => row.includes(CONTROL))).toHaveLength(1);
  const pids = clients.map((row) => Number.parseInt(row, 10));
  for (const pid of pids) process.kill(pid, 'SIGSTOP');
  for (const pid of pids) {
    await eventually('the client is continued', () => processState(pid) !== 'T');
  }
  await eventually('what was put right is on record', () => mendedIn(small).length > 0);
  expect(mendedIn(small).join('\n')).toMatch(
    /^tmux client \(\d+\).* was stopped, and was continued/,
  );
  await isRead(small, 'one', 'after');
  expect((await rows()).map((row) => Number.parseInt(row, 10)).sort()).toEqual(pids.sort());
  view.close();
  mirror.close();
  await Promise.all([view.ended, mirror.ended]);
});

test('who pipes a pane elsewhere keeps that, and it is told until it ends', async () => {
  await using small = await startTwo();
  const { id } = await small.pane('one');
  const mine = join(small.directory, 'mine');
  await small.tmux('pipe-pane', '-t', id ?? '', `exec cat > ${mine}`);
  const [problem] = await eventually('the fault is a problem of the session', async () => {
    const problems = await problemsOf(small);
    return problems.length > 0 ? problems : undefined;
  });
  expect(problem).toBe(
    `tap of one is not there, and cannot be made again: somebody pipes what the pane puts out elsewhere (end that with: tmux pipe-pane -t ${id})`,
  );
  await small.link.pane({
    ...small.address('one'),
    ask: { verb: 'send', text: 'elsewhere', enter: true },
  });
  await eventually('their pipe has what the pane put out', () => lstatSync(mine).size > 0);
  await small.tmux('pipe-pane', '-t', id ?? '');
  await eventually(
    'the session has no problem any more',
    async () => (await problemsOf(small)).length === 0,
  );
  await isRead(small, 'one', 'after');
});

test('a keeper’s socket that is opened to others or replaced by another one is put right, and told', async () => {
  await using small = await startTwo();
  const [one, two] = ['one', 'two'].map((name) => join(small.directory, `${name}.keeper`));
  // Both were seen as they should be.
  for (let round = 0; round < 3; round += 1) await small.checked();
  chmodSync(one ?? '', 0o777);
  const server = createServer();
  const other = join(small.directory, 'other');
  await new Promise<void>((resolve) => server.listen(other, resolve));
  const planted = lstatSync(other).ino;
  chmodSync(other, 0o600);
  renameSync(other, two ?? '');
  await eventually('both faults are on record', () => mendedIn(small).length === 2);
  expect(mendedIn(small).sort()).toEqual([
    'socket of the keeper of one has other permissions, and was made again',
    'socket of the keeper of two was replaced by something else, and was made again',
  ]);
  expect(lstatSync(one ?? '').mode & 0o777).toBe(0o600);
  expect(lstatSync(two ?? '').ino).not.toBe(planted);
  server.close();
  await small.restart();
  for (const name of ['one', 'two']) {
    expect(await small.pane(name)).toMatchObject({ state: 'running', restarts: 0, problems: [] });
  }
});

test.runIf(process.getuid?.() === 0)(
  'sockets that were given to another user are made again',
  async () => {
    await using small = await startTwo();
    const paths = ['one.keeper', 'taps.sock'].map((name) => join(small.directory, name));
    for (const path of paths) chownSync(path, NOBODY, NOBODY);
    for (const path of paths) {
      const uidOf = () => lstatSync(path, { throwIfNoEntry: false })?.uid;
      await eventually(`${path} is ours`, () => uidOf() === 0);
    }
    await eventually('both faults are on record', () => mendedIn(small).length === 2);
    expect(mendedIn(small).every((text) => text.includes('belongs to another user'))).toBe(true);
    rmSync(paths[0] ?? '');
    await eventually('the third fault is on record', () => mendedIn(small).length === 3);
  },
);
