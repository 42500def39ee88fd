import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { eventually } from '../../../helpers/eventually.js';
import { isAlive } from '../../../helpers/keeper-pane.js';
import { SmallHost } from '../../../helpers/small-host.js';
import { unreachableGroup } from '../../../helpers/unreachable-group.js';

/** Says in `starts` whether another run of it is there when it is started; `more` is what it survives. */
function once(name: string, more = ''): string {
  const look = `for old in $(cat ${name}.pids 2>/dev/null); do grep -qs once-${name} /proc/$old/cmdline && echo TWICE >> starts; done`;
  return `: once-${name}; ${look}; echo $$ >> ${name}.pids; echo ${name} >> starts; ${more} while :; do sleep 0.05; done`;
}
const DEAF = `trap "" HUP TERM;`;
const pane = (name: string, command: string, more: object = {}) => ({
  ...{ name, command, backoff: { first: '50ms', jitter: 0 } },
  ...{ stop: { grace: '200ms' }, ...more },
});
const PLAN = { panes: [pane('mild', once('mild')), pane('deaf', once('deaf', DEAF))] };

function starts(small: SmallHost): string[] {
  const path = join(small.directory, 'starts');
  return existsSync(path) ? readFileSync(path, 'utf8').trim().split('\n').sort() : [];
}

async function started(small: SmallHost, ...expected: string[]): Promise<void> {
  const log = () => small.log.join('');
  await eventually(
    `there are ${expected.length} starts`,
    () => starts(small).length >= expected.length,
    log,
  );
  expect(starts(small)).toEqual(expected.sort());
}

async function killServer(small: SmallHost): Promise<void> {
  const pid = Number(await small.tmux('display-message', '-p', '#{pid}'));
  process.kill(pid, 'SIGKILL');
  await eventually('the server is gone', () => !isAlive(pid));
}

async function keeperPid(small: SmallHost, name: string): Promise<number> {
  const { id } = await small.pane(name);
  return Number(await small.tmux('display-message', '-p', '-t', id ?? '', '#{pane_pid}'));
}

test('what a tmux server leaves that died while no host was there is ended first, and its ends are told', async () => {
  await using small = await SmallHost.startPlanned(PLAN);
  await started(small, 'mild', 'deaf');
  await small.host.close();
  await killServer(small);
  small.events.length = 0;
  await small.restart();
  await started(small, 'mild', 'deaf', 'mild', 'deaf');
  await small.reaches('deaf', 'running');
  for (const name of ['mild', 'deaf']) {
    expect(await small.pane(name)).toMatchObject({ restarts: 1, crashes: 0, problems: [] });
    expect(small.changes(name)[0]).toBe('backoff: the tmux server is gone');
  }
  const kinds = small.events.map(({ kind, text }) => [kind, text]);
  expect(kinds).toContainEqual(['session-lost', 'session lost: the tmux server is gone']);
  expect(kinds).toContainEqual(['session-made', 'session made again: the tmux server is gone']);
});

test('a run is found by its marks where all notes are gone, too', async () => {
  await using small = await SmallHost.startPlanned(PLAN);
  await started(small, 'mild', 'deaf');
  const keeper = await keeperPid(small, 'deaf');
  await small.host.close();
  rmSync(join(small.directory, 'state'), { recursive: true });
  process.kill(keeper, 'SIGKILL');
  await killServer(small);
  rmSync(join(small.directory, 's.pid'));
  await small.restart();
  await started(small, 'mild', 'deaf', 'mild', 'deaf');
});

test('a command without an environment is found by what was noted of it when its keeper was killed, too', async () => {
  const bare = `exec env -i PATH="$PATH" sh -c '${once('bare', DEAF)}'`;
  await using small = await SmallHost.startPlanned({ panes: [pane('bare', bare)] });
  await started(small, 'bare');
  const keeper = await keeperPid(small, 'bare');
  await small.host.close();
  await killServer(small);
  process.kill(keeper, 'SIGKILL');
  await small.restart();
  await started(small, 'bare', 'bare');
});

test('a pane that was closed while no host was there is made again when its run has ended', async () => {
  await using small = await SmallHost.startPlanned(PLAN);
  await started(small, 'mild', 'deaf');
  const { id } = await small.pane('deaf');
  const { pid } = await small.pane('mild');
  await small.host.close();
  await small.tmux('kill-pane', '-t', id ?? '');
  small.events.length = 0;
  await small.restart();
  await started(small, 'mild', 'deaf', 'deaf');
  expect(await small.reaches('deaf', 'running')).toMatchObject({ restarts: 1 });
  expect(small.changes('deaf')[0]).toBe('backoff: its pane was closed');
  expect(small.events.filter(({ kind }) => kind === 'pane-closed')).toHaveLength(1);
  expect(await small.pane('mild')).toMatchObject({ pid, restarts: 0 });
});

test('a session is taken over as it is where every socket and note of its folder was removed', async () => {
  await using small = await SmallHost.startPlanned(PLAN);
  await started(small, 'mild', 'deaf');
  const pids = [(await small.pane('mild')).pid, (await small.pane('deaf')).pid];
  await small.host.close();
  for (const name of readdirSync(small.directory)) {
    if (/keeper|^s$|^s\.pid$|^state$/.test(name)) {
      rmSync(join(small.directory, name), { recursive: true });
    }
  }
  await small.restart();
  expect([(await small.pane('mild')).pid, (await small.pane('deaf')).pid]).toEqual(pids);
  expect(starts(small)).toEqual(['deaf', 'mild']);
});

test('a run that cannot be ended is never taken for dead: its pane is not started and says why, the others are', async () => {
  await using small = await SmallHost.startPlanned(PLAN);
  await started(small, 'mild', 'deaf');
  const { pid } = await small.pane('deaf');
  const keeper = await keeperPid(small, 'deaf');
  await small.host.close();
  process.kill(keeper, 'SIGKILL');
  await killServer(small);
  {
    using _held = unreachableGroup(pid ?? 0);
    await small.restart();
    await small.reaches('mild', 'running');
    const waiting = await eventually('the pane says why it waits', async () => {
      const found = await small.pane('deaf');
      return found.problems.join().includes('cannot be ended') ? found : undefined;
    });
    expect(waiting.problems.join()).toMatch(new RegExp(`process .*\\b${pid}\\b`));
    expect(isAlive(pid ?? 0)).toBe(true);
  }
  await started(small, 'mild', 'deaf', 'mild', 'deaf');
  expect(await small.reaches('deaf', 'running')).toMatchObject({ problems: [] });
});
