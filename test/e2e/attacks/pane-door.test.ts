/**
 * An agent in a pane uses what it was given, the way to signal its neighbour, to reach further: panes
 * that `mayReach` leaves out, control characters that would act as keys, another pane's token.
 */
import { expect, test } from 'vitest';
import { eventually } from '../../helpers/eventually.js';
import { TriadHome } from '../../helpers/triad-home.js';

const TRIAD = `sessions:
  - name: pair
    panes:
      - {name: engine, command: [sh], env: {PS1: '$ '}, mayReach: [worker]}
      - {name: worker, command: [cat]}
      - {name: state, command: [cat]}
`;

/** What a command in the engine's shell prints, with its exit status. */
async function inEngine(home: TriadHome, command: string, marker: string): Promise<string> {
  const end = `${marker}-$?`;
  await home.run(['send', 'engine', `${command}; echo ${end}`]);
  const ended = new RegExp(`^${marker}-(\\d+)$`, 'm');
  return eventually(`${command} has ended`, async () => {
    const { stdout } = await home.run(['capture', 'engine', '--lines', '200']);
    return ended.test(stdout) ? stdout.slice(stdout.lastIndexOf(end)) : undefined;
  });
}

test('a pane reaches the neighbour it may reach, and nothing else', async () => {
  await using home = await TriadHome.make({ triad: TRIAD });
  await home.up();
  expect(await inEngine(home, 'triad send worker hello', 'A')).toMatch(/^A-0$/m);
  const shown = await inEngine(home, 'triad capture worker', 'B');
  expect(shown).toMatch(/^hello$/m);
  const refused = await inEngine(home, 'triad send state hello', 'C');
  expect(refused).toMatch(/triad: error: engine may not reach state/);
  expect(refused).toMatch(/^C-77$/m);
  const keys = await inEngine(home, `triad send worker "$(printf 'x\\033[201~\\003')"`, 'D');
  expect(keys).toMatch(/text must not contain control characters/);
  expect(keys).toMatch(/^D-64$/m);
  const forged = `TRIAD_PANE_TOKEN=worker:\${TRIAD_PANE_TOKEN#*:} triad send state hello`;
  expect(await inEngine(home, forged, 'E')).toMatch(/this is no pane of pair\n(.*\n)*E-77$/m);
  const kinds = home.lines('state/events.jsonl').map(({ kind, by, text }) => [kind, by, text]);
  expect(kinds).toContainEqual(['pane-signalled', 'pane:engine', 'engine sent 5 bytes to worker']);
  expect(kinds).toContainEqual([
    'pane-refused',
    'pane:engine',
    'engine may not reach state: send refused',
  ]);
  expect(kinds[0]).toEqual(['host-started', null, 'host started for pair']);
  expect((await home.run(['capture', 'state'])).stdout).toBe('');
  expect((await home.run(['capture', 'worker'])).stdout).toBe('hello\nhello\n');
});
