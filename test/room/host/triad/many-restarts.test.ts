import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { count } from '../../../helpers/counts.js';
import { eventually } from '../../../helpers/eventually.js';
import { SmallHost } from '../../../helpers/small-host.js';

const RESTARTS = count(100, 1_000);
const LIMIT_MS = 300_000;
const MAX_GROWTH_KB = 4096;

/** What the host and its tmux server hold, while nothing happens. */
async function heldBy(small: SmallHost) {
  const serverPid = Number(await small.tmux('display-message', '-p', '#{pid}'));
  const rows = await small.tmux('list-panes', '-s', '-F', '#{pane_pid}');
  const keepers = rows.split('\n').map(Number);
  const all = [process.pid, serverPid, ...keepers];
  return {
    keepers,
    timers: small.pendingTimers,
    descriptors: all.map((pid) => readdirSync(`/proc/${pid}/fd`).length),
    children: [serverPid, ...keepers].map(
      (pid) => readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').length,
    ),
    memoryKb: [serverPid, ...keepers].map(residentKb),
  };
}

function residentKb(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
}

test(`${RESTARTS} restarts leave no descriptor, timer, pane or process behind`, {
  timeout: 2 * LIMIT_MS,
}, async () => {
  const often = { backoff: { first: '0s', jitter: 0 }, crashLimit: 'none', history: 100 };
  await using small = await SmallHost.startPlanned({
    panes: [
      {
        ...{ name: 'worker', command: ['false'], ...often, ready: { tcp: '127.0.0.1:1' } },
        logFile: { maxSize: '10KB', keep: 2 },
      },
      { name: 'neighbour', command: 'exec sleep 1000' },
    ],
  });
  const neighbour = await small.reaches('neighbour', 'running');
  const stopAfter = async (restarts: number) => {
    const isThere = async () => (await small.pane('worker')).restarts >= restarts;
    const seen = () => small.log.slice(-5).join('');
    await eventually(`${restarts} restarts`, isThere, seen, LIMIT_MS);
    await small.link.supervise({ ...small.address('worker'), action: 'stop' });
    await small.checked();
  };
  await stopAfter(20);
  const before = await heldBy(small);
  await small.link.supervise({ ...small.address('worker'), action: 'start' });
  await stopAfter(20 + RESTARTS);
  const after = await eventually(
    'no more is held than before',
    async () => {
      const held = await heldBy(small);
      const isMore = held.descriptors.some(
        (open, index) => open > (before.descriptors[index] ?? 0),
      );
      return isMore || held.timers > before.timers ? undefined : held;
    },
    async () => JSON.stringify([before, await heldBy(small)]),
  );
  expect(after).toMatchObject({ keepers: before.keepers, children: before.children });
  for (const [index, kb] of after.memoryKb.entries()) {
    expect(kb - (before.memoryKb[index] ?? 0)).toBeLessThan(MAX_GROWTH_KB);
  }
  // Five events for each. The three changes of state stand in for the pane's memory, which tmux takes with it when it
  // dies (tmux-answers.test.ts), so each has all of it: 1,660 bytes, and numbers may grow by some digits.
  const restarts = 20 + RESTARTS;
  expect(statSync(join(small.directory, 'events.jsonl')).size).toBeLessThan(1750 * restarts);
  expect(readdirSync(join(small.directory, 'logs')).length).toBeLessThanOrEqual(3);
  expect(await small.pane('neighbour')).toMatchObject({ pid: neighbour.pid, restarts: 0 });
  expect(small.changes('worker').filter((change) => change.startsWith('starting')).length).toBe(
    (await small.pane('worker')).restarts + 1,
  );
});
