import { expect, test } from 'vitest';
import { eventually } from '../helpers/eventually.js';
import { TriadHome } from '../helpers/triad-home.js';

/** A line five times a second, and with each a byte more in a file. */
const TRIAD = `sessions:
  - name: pair
    panes:
      - name: worker
        command: "echo start >> starts; while :; do echo alive; printf . >> lines; sleep 0.2; done"
        live: {silence: 1s}
`;
/** Longer than the silence, by far. */
const STOPPED_LINES = 25;

test('a host that was stopped ends no healthy pane for a silence that it has not seen itself', async () => {
  await using home = await TriadHome.make({ triad: TRIAD });
  const up = await home.up();
  const morePrinted = async (lines: number) => {
    const before = home.read('lines').length;
    await eventually('the pane prints on', () => home.read('lines').length >= before + lines);
  };
  await morePrinted(5);
  const pid = up.process.pid ?? 0;
  process.kill(pid, 'SIGSTOP');
  await morePrinted(STOPPED_LINES);
  process.kill(pid, 'SIGCONT');
  await morePrinted(STOPPED_LINES);
  expect(home.read('starts')).toBe('start\n');
  const { sessions } = await home.status();
  expect(sessions[0]?.panes[0]).toMatchObject({ state: 'running', restarts: 0 });
});
