import { expect, test } from 'vitest';
import { paneId, paneName } from '../../../../src/base/ids.js';
import type { PaneState } from '../../../../src/base/pane.js';
import { ofLastRun } from '../../../../src/host/triad/found-panes.js';
import { freshMemory } from '../../../../src/host/triad/pane-memory.js';

const found = (state: PaneState) => ({
  ...{ name: paneName('db'), id: paneId('%1'), isDead: false, keeperPid: 1, programMark: '' },
  memory: { ...freshMemory(0), state },
});
const END = '[triad: db exited with status 1]';
const NOTE = 'triad: starts again in 1.0 s';

test('of what a pane shows only what the last run printed counts', () => {
  const twice = { lines: ['ready 1', END, NOTE, 'begins', 'go on? '], isOpen: true };
  expect(ofLastRun(twice, found('running'))).toEqual({
    ...{ lines: [NOTE, 'begins', 'go on? '], isOpen: true, printed: '' },
    shown: twice.lines,
  });
  const quiet = { lines: ['ready 1', END, NOTE], isOpen: false };
  expect(ofLastRun(quiet, found('healthy')).lines).toEqual([NOTE]);
});

test('of what may have been typed behind a question only the question that was told is kept', () => {
  const shown = { lines: ['go on? secret'], isOpen: true };
  const asked = found('running');
  const memory = { ...asked.memory, question: 'go on?' };
  expect(ofLastRun(shown, { ...asked, memory }).printed).toBe('go on?');
  const other = { ...memory, question: 'Password:' };
  expect(ofLastRun(shown, { ...asked, memory: other }).printed).toBe('');
});

test('what an ended command printed counts until it is started again', () => {
  const shown = { lines: ['first', END, NOTE, 'ready 2', END], isOpen: false };
  expect(ofLastRun(shown, found('exited')).lines).toEqual([NOTE, 'ready 2']);
  expect(ofLastRun({ lines: ['ready', END], isOpen: false }, found('exited')).lines).toEqual([
    'ready',
  ]);
});

test('of a run that was never ended all counts', () => {
  expect(ofLastRun({ lines: ['a', 'b'], isOpen: false }, found('running')).lines).toEqual([
    ...['a', 'b'],
  ]);
});
