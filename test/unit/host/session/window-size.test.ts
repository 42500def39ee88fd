import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { SizePolicy } from '../../../../src/host/plan/schema.js';
import { WindowSize } from '../../../../src/host/session/window-size.js';

const SMALL = { cols: 80, rows: 24 };
const LARGE = { cols: 200, rows: 50 };
const [DORA, DIRK] = [{ name: 'dora' }, { name: 'dirk' }];

let applied: string[] = [];
let windowSize: WindowSize;

function following(follow: SizePolicy['follow']): WindowSize {
  return new WindowSize({ follow }, ({ cols, rows }) => applied.push(`${cols}x${rows}`));
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  applied = [];
  windowSize = following('typist');
});

afterEach(() => {
  windowSize.close();
  vi.useRealTimers();
});

test('the first driver sizes the window at once', () => {
  windowSize.came(DORA, SMALL);
  expect(applied).toEqual(['80x24']);
});

test('a driver who comes changes nothing before they type', () => {
  windowSize.came(DORA, SMALL);
  windowSize.came(DIRK, LARGE);
  vi.advanceTimersByTime(1000);
  expect(applied).toEqual(['80x24']);
  windowSize.typed(DIRK);
  expect(applied).toEqual(['80x24', '200x50']);
});

test('drivers who type in turn change nothing; one who types after a pause of the other does, once', () => {
  windowSize.came(DORA, SMALL);
  windowSize.came(DIRK, LARGE);
  windowSize.typed(DORA);
  for (let turn = 0; turn < 20; turn += 1) {
    vi.advanceTimersByTime(500);
    windowSize.typed(turn % 2 === 0 ? DIRK : DORA);
  }
  vi.advanceTimersByTime(1000);
  expect(applied).toEqual(['80x24']);
  for (let key = 0; key < 20; key += 1) {
    vi.advanceTimersByTime(500);
    windowSize.typed(DIRK);
  }
  expect(applied).toEqual(['80x24', '200x50']);
});

test('a burst of changes becomes one, when it has come to rest', () => {
  windowSize.came(DORA, SMALL);
  for (let cols = 81; cols <= 121; cols += 1) {
    vi.advanceTimersByTime(120);
    windowSize.resized(DORA, { cols, rows: 24 });
  }
  vi.advanceTimersByTime(249);
  expect(applied).toEqual(['80x24']);
  vi.advanceTimersByTime(1);
  expect(applied).toEqual(['80x24', '121x24']);
});

test('a terminal that is resized and back again changes nothing', () => {
  windowSize.came(DORA, SMALL);
  windowSize.resized(DORA, LARGE);
  windowSize.resized(DORA, SMALL);
  vi.advanceTimersByTime(1000);
  expect(applied).toEqual(['80x24']);
});

test('whoever types by turns with one who drags their window does not get its size', () => {
  windowSize.came(DORA, SMALL);
  windowSize.came(DIRK, LARGE);
  windowSize.typed(DORA);
  windowSize.resized(DIRK, { cols: 190, rows: 50 });
  vi.advanceTimersByTime(1000);
  expect(applied).toEqual(['80x24']);
});

test('the window follows the largest or the smallest of all terminals, each way', () => {
  for (const [follow, sizes] of [
    ['largest', ['100x20', '100x50', '100x20']],
    ['smallest', ['100x20', '80x20', '100x20']],
  ] as const) {
    applied = [];
    windowSize = following(follow);
    windowSize.came(DORA, { cols: 100, rows: 20 });
    vi.advanceTimersByTime(1000);
    windowSize.came(DIRK, { cols: 80, rows: 50 });
    windowSize.typed(DIRK);
    vi.advanceTimersByTime(1000);
    windowSize.left(DIRK);
    vi.advanceTimersByTime(1000);
    expect(applied).toEqual(sizes);
    windowSize.close();
  }
});

test('a fixed size is that of the window whoever comes, and without anybody', () => {
  windowSize = following({ cols: 120, rows: 40 });
  windowSize.again();
  windowSize.came(DORA, SMALL);
  windowSize.typed(DORA);
  windowSize.resized(DORA, LARGE);
  vi.advanceTimersByTime(1000);
  expect(applied).toEqual(['120x40']);
  windowSize.policy = { follow: 'typist' };
  vi.advanceTimersByTime(1000);
  expect(applied).toEqual(['120x40', '200x50']);
});

test('a driver who resizes sizes the window', () => {
  windowSize.came(DORA, SMALL);
  windowSize.resized(DORA, LARGE);
  vi.advanceTimersByTime(250);
  expect(applied).toEqual(['80x24', '200x50']);
});

test('when the driver who typed last leaves, the one before them sizes the window', () => {
  windowSize.came(DORA, SMALL);
  windowSize.came(DIRK, LARGE);
  windowSize.typed(DIRK);
  vi.advanceTimersByTime(300);
  windowSize.left(DIRK);
  vi.advanceTimersByTime(250);
  expect(applied).toEqual(['80x24', '200x50', '80x24']);
});

test('when the last driver leaves, the size stays, and is applied to windows that come', () => {
  windowSize.came(DORA, SMALL);
  windowSize.left(DORA);
  vi.advanceTimersByTime(1000);
  expect(applied).toEqual(['80x24']);
  windowSize.again();
  expect(applied).toEqual(['80x24', '80x24']);
});

test('without a driver ever, nothing is sized', () => {
  windowSize.again();
  expect(applied).toEqual([]);
});

test('whoever has left cannot size the window any more', () => {
  windowSize.came(DORA, SMALL);
  windowSize.left(DORA);
  windowSize.typed(DORA);
  windowSize.resized(DORA, LARGE);
  vi.advanceTimersByTime(1000);
  expect(applied).toEqual(['80x24']);
});

test('a terminal too small for a layout counts as 20x5', () => {
  windowSize.came(DORA, { cols: 1, rows: 1 });
  windowSize.resized(DORA, { cols: 20, rows: 5 });
  vi.advanceTimersByTime(250);
  windowSize.resized(DORA, { cols: 21, rows: 5 });
  vi.advanceTimersByTime(250);
  expect(applied).toEqual(['20x5', '21x5']);
});

test('after the close nothing is applied', () => {
  windowSize.came(DORA, SMALL);
  windowSize.resized(DORA, LARGE);
  windowSize.close();
  vi.advanceTimersByTime(1000);
  expect(applied).toEqual(['80x24']);
});
