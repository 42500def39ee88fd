import { expect, test } from 'vitest';
import { LAYOUT_PANE, shownWindow } from '../../../../src/host/session/window-layout.js';
import { parseRows } from '../../../../src/host/tmux/rows.js';

/** The window that is shown, of panes as tmux lists them. */
function parseShownWindow(rows: readonly string[]) {
  return shownWindow(parseRows(rows, LAYOUT_PANE));
}

/** One pane as tmux lists it: window, is it the current one, its size, zoom, activity, and the pane. */
function row(window: string, pane: string): string {
  return `${window} ${pane}`;
}

const SHOWN = '@1 1 80 24 0 1700000000';

test('the panes of all windows are there, with places in the window that is shown', () => {
  const rows = [
    row('@0 0 80 24 0 1600000000', '%0 1 0 0 80 24 engine'),
    row(SHOWN, '%1 0 0 1 40 23 worker'),
    row(SHOWN, '%2 1 41 1 39 23 '),
  ];
  expect(parseShownWindow(rows)).toEqual({
    id: '@1',
    activeAt: 1_700_000_000,
    layout: {
      size: { cols: 80, rows: 24 },
      isZoomed: false,
      panes: [
        { id: '%0', name: 'engine', isActive: false, region: null },
        {
          id: '%1',
          name: 'worker',
          isActive: false,
          region: { col: 0, row: 1, cols: 40, rows: 23 },
        },
        { id: '%2', name: null, isActive: true, region: { col: 41, row: 1, cols: 39, rows: 23 } },
      ],
    },
  });
});

test('behind a zoomed pane the others have no place', () => {
  const zoomed = '@1 1 80 24 1 1700000000';
  const rows = [row(zoomed, '%1 0 0 0 40 24 '), row(zoomed, '%2 1 0 0 80 24 ')];
  const places = parseShownWindow(rows)?.layout.panes.map(({ region }) => region);
  expect(places).toEqual([null, { col: 0, row: 0, cols: 80, rows: 24 }]);
});

test('a name that is none of ours is no name', () => {
  const shown = parseShownWindow([row(SHOWN, '%1 1 0 0 80 24 Not A Name')]);
  expect(shown?.layout.panes[0]?.name).toBeNull();
});

test('what is beyond the largest terminal is cut off', () => {
  const large = '@1 1 1200 24 0 1700000000';
  const rows = [row(large, '%1 1 900 0 150 24 '), row(large, '%2 0 1050 0 150 24 ')];
  const layout = parseShownWindow(rows)?.layout;
  expect(layout?.size).toEqual({ cols: 1000, rows: 24 });
  expect(layout?.panes.map(({ region }) => region?.cols)).toEqual([100, undefined]);
});

test('of more than a thousand panes, a thousand are told', () => {
  const rows = Array.from({ length: 1001 }, (_, n) => row(SHOWN, `%${n} 0 0 0 80 24 `));
  expect(parseShownWindow(rows)?.layout.panes).toHaveLength(1000);
});

test('a session without a current window shows none', () => {
  expect(parseShownWindow([])).toBeUndefined();
});
