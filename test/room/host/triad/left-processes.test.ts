import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { MAX_NAMED_PROCESSES } from '../../../../src/base/pane.js';
import { eventually } from '../../../helpers/eventually.js';
import { SmallHost } from '../../../helpers/small-host.js';

/** A process in a session of its own, whose parent ends at once. */
const daemon = (name: string, before = '') =>
  `${before} setsid -f sh -c 'echo $$ >> ${name}.pids; exec sleep 1000'`;
const pane = (name: string, ...lines: string[]) => ({
  ...{ name, command: [...lines, 'exec sleep 1000'].join('; ') },
  ...{ backoff: { first: '50ms', jitter: 0 } },
});

function pidsOf(small: SmallHost, name: string): number[] {
  const path = join(small.directory, `${name}.pids`);
  return existsSync(path) ? readFileSync(path, 'utf8').trim().split('\n').map(Number) : [];
}

/** Waits for so many daemons of a pane, which end after the test. */
async function started(small: SmallHost, name: string, count: number): Promise<void> {
  await small.reaches(name, 'running');
  await eventually(`${name} has ${count} daemons`, () => pidsOf(small, name).length === count);
  const pids = pidsOf(small, name);
  onTestFinished(() => end(pids));
}

function end(pids: readonly number[]): void {
  for (const pid of pids) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It was ended by the test.
    }
  }
}

async function leaves(small: SmallHost, name: string, count: number) {
  return eventually(`${name} has left ${count}`, async () => {
    const { leftBehind } = await small.pane(name);
    return leftBehind.count === count ? leftBehind.processes : undefined;
  });
}

const told = (small: SmallHost) => small.events.filter(({ kind }) => kind === 'processes-left');

test('what a command leaves in other process groups is named when its pane is stopped, and no neighbour', async () => {
  await using small = await SmallHost.startPlanned({
    panes: [
      pane('worker', daemon('worker'), daemon('worker', 'env -i')),
      pane('other', daemon('other')),
    ],
  });
  await started(small, 'worker', 2);
  await started(small, 'other', 1);
  expect((await small.pane('worker')).leftBehind).toEqual({ count: 0, processes: [] });

  await small.link.supervise({ ...small.address('worker'), action: 'stop' });
  const processes = await leaves(small, 'worker', 2);
  const pids = pidsOf(small, 'worker').sort();
  expect(processes.map(({ pid }) => pid).sort()).toEqual(pids);
  expect(processes.map(({ command }) => command)).toEqual(['sleep 1000', 'sleep 1000']);
  expect(told(small)).toMatchObject([{ pane: 'worker', facts: { count: 2 } }]);
  expect(told(small)[0]?.text).toContain(`${pids[0]} (sleep 1000)`);

  // Another run tells of what it leaves itself, and status of all.
  await small.link.supervise({ ...small.address('worker'), action: 'start' });
  await started(small, 'worker', 4);
  expect((await small.pane('worker')).leftBehind.count).toBe(2);
  await small.link.supervise({ ...small.address('worker'), action: 'restart' });
  await started(small, 'worker', 6);
  await leaves(small, 'worker', 4);
  expect(told(small).at(-1)).toMatchObject({ pane: 'worker', facts: { count: 2 } });
  expect((await small.pane('other')).leftBehind.count).toBe(0);

  end(pids);
  await leaves(small, 'worker', 2);
});

test('what ends with its command is not named, and of many only the number', async () => {
  const count = MAX_NAMED_PROCESSES + 2;
  const many = Array.from({ length: count }, () => daemon('worker'));
  const deaf = `(trap '' HUP TERM; exec sleep 1000) &`;
  await using small = await SmallHost.startPlanned({
    panes: [pane('worker', `${deaf} :`, ...many)],
  });
  await started(small, 'worker', count);
  await small.link.supervise({ ...small.address('worker'), action: 'stop' });
  const processes = await leaves(small, 'worker', count);
  expect(processes).toHaveLength(MAX_NAMED_PROCESSES);
  expect(told(small)[0]?.text).toMatch(/, 2 more$/);
});

test('what a command has left is known after its tmux server died, and to the next host', async () => {
  await using small = await SmallHost.startPlanned({
    panes: [pane('worker', daemon('worker'))],
  });
  await started(small, 'worker', 1);
  process.kill(Number(await small.tmux('display-message', '-p', '#{pid}')), 'SIGKILL');
  const [left] = await leaves(small, 'worker', 1);
  await started(small, 'worker', 2);
  await small.restart();
  const [again] = await leaves(small, 'worker', 1);
  expect(again).toEqual(left);
  expect(told(small)).toHaveLength(1);
});
