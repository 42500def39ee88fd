import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { eventually } from '../../../helpers/eventually.js';
import { processState } from '../../../helpers/keeper-pane.js';
import { PAIR, SmallHost } from '../../../helpers/small-host.js';
import { tapOf } from '../../../helpers/tap-process.js';

const pane = (name: string) => ({ name, command: `echo ${name} >> starts; exec cat` });
const TWO = { panes: [pane('one'), pane('two')] };
const SOCKETS = ['door.sock', 'taps.sock', 'one.keeper', 's'];

const startsIn = (small: SmallHost) =>
  readFileSync(join(small.directory, 'starts'), 'utf8').trim().split('\n').sort();

async function startTwo(): Promise<SmallHost> {
  const small = await SmallHost.startPlanned(TWO);
  await small.reaches('one', 'running');
  await small.reaches('two', 'running');
  return small;
}

/** Whether something listens there. */
function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(path);
    const settle = (isThere: boolean) => {
      socket.destroy();
      resolve(isThere);
    };
    socket.once('connect', () => settle(true));
    socket.once('error', () => settle(false));
  });
}

const mendedIn = (small: SmallHost) =>
  small.events.filter(({ kind }) => kind === 'part-mended').map(({ text }) => text);

const problemsOf = async (small: SmallHost) => (await small.host.describe())[0]?.problems ?? [];

test('each socket of a session that is removed is there again, for us and for whoever comes next', async () => {
  await using small = await startTwo();
  for (const name of SOCKETS) rmSync(join(small.directory, name));
  for (const name of SOCKETS) {
    const path = join(small.directory, name);
    await eventually(`${name} is there again`, async () => existsSync(path) && answers(path));
    expect(lstatSync(path).mode & 0o077).toBe(0);
  }
  await eventually('all three faults are on record', () => mendedIn(small).length === 3);
  expect(mendedIn(small).sort()).toEqual([
    'socket of the keeper of one was removed, and was made again',
    'socket of the pane door was removed, and was made again',
    'socket of the taps was removed, and was made again',
  ]);
  await small.restart();
  expect(await small.pane('one')).toMatchObject({ state: 'running', restarts: 0 });
  expect(startsIn(small)).toEqual(['one', 'two']);
});

test('what is put in the place of a socket, or its permissions, are put right, and what cannot be is told until it can', async () => {
  await using small = await startTwo();
  const door = join(small.directory, 'door.sock');
  const taps = join(small.directory, 'taps.sock');
  rmSync(door);
  writeFileSync(door, 'mine');
  chmodSync(taps, 0o777);
  await eventually('the door answers', () => answers(door));
  await eventually('the taps are private', () => (lstatSync(taps).mode & 0o777) === 0o600);
  rmSync(door);
  mkdirSync(join(door, 'mine'), { recursive: true });
  const [problem] = await eventually('the fault is a problem of the session', async () => {
    const problems = await problemsOf(small);
    return problems.join().includes('is a folder') ? problems : undefined;
  });
  expect(problem).toMatch(
    /^socket of the pane door was replaced .* is a folder \(move it away: mv /,
  );
  rmSync(door, { recursive: true });
  await eventually('the door answers again', () => answers(door));
  await eventually(
    'the session has no problem any more',
    async () => (await problemsOf(small)).length === 0,
  );
  const failed = small.events.filter(({ kind }) => kind === 'part-failed');
  // Before that was tried, it is told without what to do.
  expect(failed.at(-1)?.text).toBe(problem);
});

test('a pane whose keeper cannot be reached keeps neither the host from starting nor the other panes from being led', async () => {
  await using small = await startTwo();
  const { pid } = await small.pane('one');
  await small.host.close();
  const path = join(small.directory, 'one.keeper');
  rmSync(path);
  mkdirSync(path);
  await small.restart();
  expect(await small.pane('two')).toMatchObject({ state: 'running', restarts: 0, problems: [] });
  const [problem = ''] = (await small.pane('one')).problems;
  expect(problem).toContain('one is unreachable, what runs in it goes on unsupervised');
  await small.link.supervise({ ...small.address('two'), action: 'restart' });
  rmSync(path, { recursive: true });
  await eventually('the pane is led again', async () => (await small.pane('one')).pid === pid);
  expect(await small.pane('one')).toMatchObject({ state: 'running', restarts: 0, problems: [] });
}, 90_000);

test('a tmux server that somebody stops is continued', async () => {
  await using small = await startTwo();
  const pid = Number(await small.tmux('display-message', '-p', '#{pid}'));
  process.kill(pid, 'SIGSTOP');
  await eventually('the tmux server is continued', () => processState(pid) !== 'T');
  await small.checked();
  expect((await small.host.describe())[0]).toMatchObject({ name: PAIR, state: 'running' });
});

test('a tap that is killed is replaced, what may be missing is told once, and nothing comes twice', async () => {
  await using small = await startTwo();
  const { id } = await small.pane('one');
  const said = async () => {
    const request = { start: { at: 0 }, maxBytes: 65_536, waitMs: 0 } as const;
    const { bytes } = await small.link.output({ ...small.address('one'), ...request });
    return (
      Buffer.from(bytes)
        .toString()
        .match(/before|after/g)
        ?.join() ?? ''
    );
  };
  await small.link.pane({
    ...small.address('one'),
    ask: { verb: 'send', text: 'before', enter: true },
  });
  await eventually(
    'the first word and its echo are read',
    async () => (await said()) === 'before,before',
  );
  await small.checked();
  process.kill(tapOf(small.directory, 'one'), 'SIGKILL');
  // tmux notices when it has something to write.
  await small.link.pane({
    ...small.address('one'),
    ask: { verb: 'send', text: 'missing', enter: true },
  });
  const lost = () => small.events.filter(({ kind }) => kind === 'output-lost');
  await eventually('the lost output is on record', () => lost().length > 0);
  await eventually(
    'the pane is tapped again',
    async () => (await small.tmux('display-message', '-p', '-t', id ?? '', '#{pane_pipe}')) === '1',
  );
  await small.link.pane({
    ...small.address('one'),
    ask: { verb: 'send', text: 'after', enter: true },
  });
  await eventually(
    'the last word and its echo are read',
    async () => (await said()) === 'before,before,after,after',
  );
  const told = lost().map(({ pane: of, text }) => `${of}: ${text}`);
  expect(told).toHaveLength(1);
  expect(told[0]).toMatch(
    /^one: its output from [\d:]{8} to [\d:]{8} was not kept: its tap had ended$/,
  );
});
