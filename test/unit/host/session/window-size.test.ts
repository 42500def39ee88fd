import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { WindowSize } from '../../../../src/host/session/window-size.js';

const SMALL = { cols: 80, rows: 24 };
const LARGE = { cols: 200, rows: 50 };
const [DORA, DIRK] = [{ name: 'dora' }, { name: 'dirk' }];

let applied: string[] = [];
let windowSize: WindowSize;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  applied = [];
  windowSize = new WindowSize(({ cols, rows }) => applied.push(`${cols}x${rows}`));
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

test('drivers who type in turn change the size at most every 150 ms, and the last one wins', () => {
  windowSize.came(DORA, SMALL);
  windowSize.came(DIRK, LARGE);
  for (let turn = 0; turn < 10; turn += 1) {
    windowSize.typed(DIRK);
    windowSize.typed(DORA);
  }
  windowSize.typed(DIRK);
  expect(applied).toEqual(['80x24']);
  vi.advanceTimersByTime(149);
  expect(applied).toEqual(['80x24']);
  vi.advanceTimersByTime(1);
  expect(applied).toEqual(['80x24', '200x50']);
});

test('a driver who resizes sizes the window', () => {
  windowSize.came(DORA, SMALL);
  vi.advanceTimersByTime(150);
  windowSize.resized(DORA, LARGE);
  expect(applied).toEqual(['80x24', '200x50']);
});

test('when the driver who typed last leaves, the one before them sizes the window', () => {
  windowSize.came(DORA, SMALL);
  windowSize.came(DIRK, LARGE);
  windowSize.typed(DIRK);
  vi.advanceTimersByTime(300);
  windowSize.left(DIRK);
  expect(applied).toEqual(['80x24', '200x50', '80x24']);
});

test('when the last driver leaves, the size stays, and is applied to windows that come', () => {
  windowSize.came(DORA, SMALL);
  windowSize.left(DORA);
  vi.advanceTimersByTime(150);
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
  vi.advanceTimersByTime(150);
  windowSize.resized(DORA, { cols: 20, rows: 5 });
  windowSize.resized(DORA, { cols: 21, rows: 5 });
  expect(applied).toEqual(['20x5', '21x5']);
});

test('after the close nothing is applied', () => {
  windowSize.came(DORA, SMALL);
  windowSize.resized(DORA, LARGE);
  windowSize.close();
  vi.advanceTimersByTime(1000);
  expect(applied).toEqual(['80x24']);
});
