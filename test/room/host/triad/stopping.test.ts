import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { count } from '../../../helpers/counts.js';
import { eventually } from '../../../helpers/eventually.js';
import { SmallHost } from '../../../helpers/small-host.js';

/** Its end is no crash, and it is started again at once. */
const ONE = {
  panes: [{ name: 'one', command: 'echo x >> starts; exec cat', backoff: { first: '20ms' } }],
};
/** tmux commands until a killed keeper has its successor, and looks on the way from there to its command. */
const TMUX_STEPS = 4;
const LATER_STEPS = count(4, 96);

const keeperOf = async (small: SmallHost) =>
  Number(await small.tmux('list-panes', '-s', '-F', '#{pane_pid}'));

/** How many managers are connected with the keeper of a pane (proc_net_unix(5): state 03 is connected). */
function leadersOf(small: SmallHost): number {
  const path = join(small.directory, 'one.keeper');
  const lines = readFileSync('/proc/net/unix', 'utf8').split('\n');
  return lines.filter((line) => line.endsWith(` ${path}`) && / 03 +\d+ /.test(line)).length;
}

function startsIn(small: SmallHost): number {
  const path = join(small.directory, 'starts');
  return existsSync(path) ? readFileSync(path, 'utf8').trim().split('\n').length : 0;
}

/** Lets the host go on for so many turns of the event loop. */
async function turns(number: number): Promise<void> {
  for (let turn = 0; turn < number; turn += 1) {
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** Kills the keeper, and stops the host at a step of what it does about that. */
async function stopAtStep(small: SmallHost, step: number): Promise<void> {
  let stopped: Promise<void> | undefined;
  let ran = 0;
  small.onTmux = () => {
    ran += 1;
    if (ran === step) stopped = small.host.close();
  };
  process.kill(await keeperOf(small), 'SIGKILL');
  await eventually('the keeper is replaced', () => ran >= Math.min(step, TMUX_STEPS - 1));
  if (step >= TMUX_STEPS) await turns(2 ** (((step - TMUX_STEPS) * 12) / LATER_STEPS));
  await (stopped ?? small.host.close());
  small.onTmux = () => undefined;
}

test.each(Array.from({ length: TMUX_STEPS + LATER_STEPS }, (_, index) => index + 1))(
  'a host that is stopped at step %s of a keeper’s replacement leads nothing afterwards',
  async (step) => {
    await using small = await SmallHost.startPlanned(ONE);
    await eventually('the command was started', () => startsIn(small) === 1);
    await stopAtStep(small, step);
    const before = small.events.length;
    await small.restart();
    await small.link.supervise({ ...small.address('one'), action: 'stop' });
    const starts = startsIn(small);
    expect(leadersOf(small)).toBe(1);
    await small.checked();
    expect(await small.pane('one')).toMatchObject({ state: 'stopped', pid: null });
    expect(startsIn(small)).toBe(starts);
    await small.host.close();
    await eventually('nobody is connected with the keeper', () => leadersOf(small) === 0);
    expect(small.pendingTimers).toBe(0);
    const adopted = small.events.slice(before).filter(({ kind }) => kind === 'session-adopted');
    expect(adopted).toHaveLength(1);
  },
);
