import { expect, test } from 'vitest';
import { eventually } from '../../../helpers/eventually.js';
import { SmallHost } from '../../../helpers/small-host.js';

const pane = (name: string) => ({
  ...{ name, command: 'exec cat', backoff: { first: '50ms', jitter: 0 } },
});
const NAMES = ['one', 'two', 'three'];
const THREE = { layout: 'main-vertical', panes: NAMES.map(pane) };

/**
 * Each pane with its window, place and size; a pane of somebody's own is called `own`. tmux 3.7c may list them in
 * another order than they stand in.
 */
async function placesOf(small: SmallHost): Promise<string[]> {
  const place = '#{pane_left},#{pane_top} #{pane_width}x#{pane_height}';
  const row = `#{window_name} #{?#{@triad_pane},#{@triad_pane},own} ${place}`;
  return (await small.tmux('list-panes', '-s', '-F', row)).split('\n').sort();
}

async function idOf(small: SmallHost, name: string): Promise<string> {
  return (await small.pane(name)).id ?? '';
}

/** Each of them was closed and runs again; those that were not are what they were. */
async function cameBack(small: SmallHost, names: readonly string[]): Promise<void> {
  for (const name of names) {
    await eventually(
      `${name} runs again`,
      async () => {
        const { state, restarts } = await small.pane(name);
        return state === 'running' && restarts === 1;
      },
      () => small.log.join(''),
    );
  }
  const closed = small.events.filter(({ kind }) => kind === 'pane-closed');
  const texts = names.map((name) => `${name} was closed, and is made again`);
  expect(closed.map(({ text }) => text).sort()).toEqual(texts.sort());
  for (const name of NAMES.filter((each) => !names.includes(each))) {
    expect(await small.pane(name)).toMatchObject({ state: 'running', restarts: 0 });
  }
}

test('a window of ours that somebody closed comes back whole, and a window of their own stays', async () => {
  await using small = await SmallHost.startPlanned(THREE);
  const before = await placesOf(small);
  const own = await small.tmux('new-window', '-d', '-n', 'mine', '-P', '-F', '#{pane_pid}', 'cat');
  await small.checked();
  await small.tmux('kill-window', '-t', await idOf(small, 'one'));
  await cameBack(small, NAMES);
  const after = await placesOf(small);
  expect(after.filter((row) => !row.startsWith('mine'))).toEqual(before);
  expect(
    await small.tmux('list-panes', '-s', '-f', '#{==:#{window_name},mine}', '-F', '#{pane_pid}'),
  ).toBe(own);
});

test('the only pane of a session comes back where a window of somebody’s own is left', async () => {
  await using small = await SmallHost.startPlanned({ panes: [pane('one')] });
  await small.tmux('new-window', '-d', 'cat');
  await small.tmux('kill-pane', '-t', await idOf(small, 'one'));
  await eventually('the command runs again', async () => (await small.pane('one')).restarts === 1);
  const kinds = small.events.map(({ kind }) => kind);
  expect(kinds).not.toContain('session-lost');
});

test.each([
  ['join-pane', ['-d']],
  ['move-pane', ['-d', '-b']],
])('a pane that was moved into another window by %s comes back there', async (command, flags) => {
  await using small = await SmallHost.startPlanned(THREE);
  const own = await small.tmux('new-window', '-d', '-n', 'mine', '-P', '-F', '#{pane_id}', 'cat');
  const moved = await idOf(small, 'two');
  await small.tmux(command, ...flags, '-s', moved, '-t', own);
  await small.tmux('select-pane', '-t', moved, '-T', 'renamed');
  await small.checked();
  const before = await placesOf(small);
  expect(await idOf(small, 'two')).toBe(moved);
  await small.tmux('kill-pane', '-t', moved);
  await cameBack(small, ['two']);
  expect(await placesOf(small)).toEqual(before);
});

test('a pane that was broken out comes back at its configured place when it is closed there', async () => {
  await using small = await SmallHost.startPlanned(THREE);
  const before = await placesOf(small);
  const id = await idOf(small, 'two');
  await small.tmux('break-pane', '-d', '-s', id, '-n', 'elsewhere');
  await small.checked();
  expect(await idOf(small, 'two')).toBe(id);
  await small.tmux('kill-pane', '-t', id);
  await cameBack(small, ['two']);
  expect(await placesOf(small)).toEqual(before);
});

test('panes that were swapped come back where they were last, zoomed or not', async () => {
  await using small = await SmallHost.startPlanned(THREE);
  const one = await idOf(small, 'one');
  await small.tmux('swap-pane', '-d', '-s', one, '-t', await idOf(small, 'three'));
  const before = await placesOf(small);
  await small.tmux('resize-pane', '-Z', '-t', one);
  await small.checked();
  await small.tmux('kill-pane', '-t', one);
  await cameBack(small, ['one']);
  expect(await placesOf(small)).toEqual(before);
});
