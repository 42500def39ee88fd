import { expect, test } from 'vitest';
import { stampNow, stampsOn } from '../../../bench/panes/stage-text.mjs';
import { atMost, atMostOf, bySshd } from '../../../bench/report/results.mjs';
import { replaceMarked, tableOf } from '../../../bench/report/table.mjs';

const triad = { value: 2.5, low: 2, high: 3.25 };
const sshd = { value: 2, low: 2, high: 2 };

/** The cells of the only row. */
function cellsOf(row: Parameters<typeof tableOf>[0][number]): string[] {
  const line = tableOf([row]).split('\n')[2] ?? '';
  return line.split('|').map((cell) => cell.trim());
}

test('a row shows both figures with their spread, the ratio and whether the aim is met', () => {
  const aim = atMostOf(1.2, triad, sshd);
  const row = { measure: 'echo', condition: 'median', unit: 'ms', triad, ...bySshd(sshd), aim };
  expect(cellsOf(row).slice(1, -1)).toEqual([
    'echo',
    'median',
    '2.50 ms (2.00 to 3.25)',
    'sshd: 2.00 ms',
    '1.25',
    "≤ 1.20 of sshd's",
    'no',
  ]);
});

test('without anything to compare with, a ratio and its aim are left open and the row says so', () => {
  const aim = atMostOf(1.2, triad, undefined);
  const row = {
    measure: 'echo',
    condition: 'median',
    unit: 'ms',
    triad,
    ...bySshd(undefined),
    aim,
  };
  expect(cellsOf(row).slice(4, -1)).toEqual(['not measured', '', "≤ 1.20 of sshd's", '']);
});

test('an aim in absolute numbers is met up to and with its limit', () => {
  expect(atMost(2.5, 'ms', triad).isMet).toBe(true);
  expect(atMost(2.4, 'ms', triad).isMet).toBe(false);
});

test('what could not run says why in its row', () => {
  const row = { measure: 'memory', condition: '1000 observers', reason: 'too little memory' };
  expect(cellsOf(row)).toContain('too little memory');
});

test('a table replaces what is between the markers of a page, and nothing else', () => {
  const page = 'before\n<!-- bench: start -->\nold\n<!-- bench: end -->\nafter\n';
  const replaced = replaceMarked(page, 'new');
  expect(replaced).toBe('before\n<!-- bench: start -->\n\nnew\n<!-- bench: end -->\nafter\n');
  expect(replaceMarked(replaced, 'newer')).toBe(replaced.replace('new\n', 'newer\n'));
});

test('a page without markers is refused', () => {
  expect(() => replaceMarked('no markers', 'new')).toThrow('has no');
});

test('a stamp is read from a line of the screen, unless a part of it was drawn over', () => {
  const line = stampNow().replaceAll(/\x1b\[[\d;]*m/g, '');
  const [stamp = 0] = stampsOn(line);
  expect(Math.abs(stamp - Date.now())).toBeLessThan(60_000);
  const torn = line.replace(
    /(\d)\.(\d)\//,
    (_, ones, tenths) => `${(Number(ones) + 1) % 10}.${tenths}/`,
  );
  expect(stampsOn(torn)).toEqual([]);
});
