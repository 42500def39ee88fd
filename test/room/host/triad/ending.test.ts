import { basename } from 'node:path';
import { expect, test } from 'vitest';
import { OldRuns } from '../../../../src/host/triad/old-runs.js';
import { eventually } from '../../../helpers/eventually.js';
import { isAlive } from '../../../helpers/keeper-pane.js';
import { quietLog } from '../../../helpers/quiet-log.js';
import { PAIR, SmallHost } from '../../../helpers/small-host.js';
import { unreachableGroup } from '../../../helpers/unreachable-group.js';

const DEAF = {
  panes: [
    {
      ...{ name: 'worker', stop: { grace: '200ms' } },
      command: 'trap "" HUP TERM; echo ready; while :; do sleep 0.05; done',
    },
  ],
};

/** A host whose keeper was killed, and did not get a successor since what it ran cannot be ended. */
async function withoutKeeper(small: SmallHost): Promise<number> {
  const { id, pid } = await small.reaches('worker', 'running');
  const shown = () => small.tmux('capture-pane', '-p', '-t', id ?? '');
  await eventually('it is deaf', async () => (await shown()).includes('ready'));
  const keeper = Number(await small.tmux('display-message', '-p', '-t', id ?? '', '#{pane_pid}'));
  process.kill(keeper, 'SIGKILL');
  await eventually('the pane waits', async () => {
    return (await small.pane('worker')).problems.join().includes('cannot be ended');
  });
  return pid ?? 0;
}

function oldRunsOf({ directory }: SmallHost): OldRuns {
  const homeMark = basename(directory);
  return new OldRuns({ session: PAIR, homeMark, noted: () => [], log: quietLog() });
}

test('a session whose connection to tmux is just being made again is ended in order', async () => {
  await using small = await SmallHost.start();
  await small.server.run(['detach-client', '-s', 'pair']);
  await small.link.endSession({ session: PAIR });
  expect(small.log.join('')).not.toContain('not ended in order');
  expect(small.events.map(({ kind }) => kind)).toContain('command-ended');
});

test('what a killed keeper ran does not outlive its session, and is named where it cannot be ended', async () => {
  await using small = await SmallHost.startPlanned(DEAF);
  const { pid } = await small.reaches('worker', 'running');
  let left = 0;
  {
    using _held = unreachableGroup(pid ?? 0);
    left = await withoutKeeper(small);
    const named = new RegExp(`cannot be ended.*process .*\\b${left}\\b`);
    await expect(oldRunsOf(small).endAll([])).rejects.toThrow(named);
  }
  await small.link.endSession({ session: PAIR });
  expect(isAlive(left)).toBe(false);
});
