import { beforeEach, expect, test } from 'vitest';
import { paneId, paneName } from '../../../../src/base/ids.js';
import { parseRows } from '../../../../src/host/tmux/rows.js';
import { PanePositions } from '../../../../src/host/triad/pane-positions.js';
import { PANE_ROW, type PaneRow } from '../../../../src/host/triad/pane-row.js';

const [ONE, TWO] = [paneName('one'), paneName('two')];
let positions: PanePositions;

beforeEach(() => {
  positions = new PanePositions();
  positions.update(rows('%1 @1 one', '%2 @1 two', '%3 @1 ', '%4 @2 '));
});

/** Panes as `ID WINDOW NAME`, with a layout that names those that are there. */
function rows(...panes: string[]): PaneRow[] {
  return panes.flatMap((pane) => {
    const [id = '', window = '', name = ''] = pane.split(' ');
    const layout = panes.filter((each) => each.includes(window)).length;
    return parseRows([`${id} ${window} 0 1 77 ${layout} ${name}`], PANE_ROW);
  });
}

test('a window in which a pane of ours is missing is remembered as it was', () => {
  const left = rows('%1 @1 one', '%3 @1 ', '%4 @2 ');
  positions.update(left);
  expect(positions.find(TWO)).toEqual({ windowId: '@1', layout: '3', ids: ['%1', '%2', '%3'] });
  expect(positions.neighbour(TWO, left)).toEqual(['-t', '%1']);
});

test('the first of a window is made before the one that stood after it', () => {
  const left = rows('%2 @1 two', '%3 @1 ');
  positions.update(left);
  expect(positions.neighbour(ONE, left)).toEqual(['-b', '-t', '%2']);
});

test('a pane whose window is gone has no neighbour', () => {
  const left = rows('%4 @2 ');
  positions.update(left);
  expect(positions.neighbour(ONE, left)).toBeUndefined();
});

test('what people open, close and move is followed while all of ours are there', () => {
  positions.update(rows('%1 @1 one', '%2 @5 two', '%9 @5 '));
  expect(positions.find(TWO)).toEqual({ windowId: '@5', layout: '2', ids: ['%2', '%9'] });
  expect(positions.find(ONE)).toEqual({ windowId: '@1', layout: '1', ids: ['%1'] });
});

test('a pane that was made again stands where it stood, under its new id', () => {
  positions.update(rows('%1 @1 one', '%3 @1 '));
  positions.replace(TWO, paneId('%8'));
  expect(positions.find(TWO)?.ids).toEqual(['%1', '%8', '%3']);
  positions.update(rows('%1 @1 one', '%8 @1 two', '%3 @1 '));
  expect(positions.find(TWO)?.ids).toEqual(['%1', '%8', '%3']);
});

test('a pane that is not wanted any more is not missed', () => {
  positions.forget(TWO);
  positions.update(rows('%1 @1 one', '%3 @1 '));
  expect(positions.find(ONE)?.ids).toEqual(['%1', '%3']);
});

test('what a pane passes through while it is made again is not remembered as a place', async () => {
  positions.update(rows('%1 @1 one', '%3 @1 ', '%4 @2 '));
  await positions.hold(async () => {
    positions.update(rows('%1 @1 one', '%5 @1 two', '%3 @1 ', '%6 @1 ', '%4 @2 '));
    positions.replace(TWO, paneId('%5'));
    expect(positions.find(TWO)).toEqual({ windowId: '@1', layout: '3', ids: ['%1', '%5', '%3'] });
    return Promise.resolve();
  });
  positions.update(rows('%1 @1 one', '%5 @2 two', '%4 @2 '));
  expect(positions.find(TWO)?.windowId).toBe('@2');
});

test('panes that tmux lists in another order than they are laid out come back as they were laid out', () => {
  const layout = '6556,200x50,0,0[200x25,0,0,2,200x24,0,26,1]';
  const listed = ['%1 @1 0 1 77', '%2 @1 0 1 77'].map(
    (row, at) => `${row} ${layout} ${at === 0 ? 'one' : 'two'}`,
  );
  positions.update(parseRows(listed, PANE_ROW));
  expect(positions.find(TWO)?.ids).toEqual(['%2', '%1']);
  expect(positions.neighbour(TWO, rows('%1 @1 one'))).toEqual(['-b', '-t', '%1']);
});
