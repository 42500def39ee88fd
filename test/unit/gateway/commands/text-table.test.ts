import { expect, test } from 'vitest';
import { OwnSlices } from '../../../../src/base/slices.js';
import { folded, jsonText, textTable } from '../../../../src/gateway/commands/text-table.js';
import { CountedSlices } from '../../../helpers/counted-slices.js';

test('columns are as wide as their widest cell, and no line ends in blanks', async () => {
  const rows = [
    ['long', 'x'],
    ['', ''],
  ];
  const table = await textTable({ header: ['A', 'NAME'], rows }, new OwnSlices());
  expect(table).toBe('A     NAME\nlong  x\n\n');
});

test('escape sequences in cells are shown, not sent', async () => {
  const rows = [['\u001b[2J\n\u202e']];
  const table = await textTable({ header: ['TERM'], rows }, new OwnSlices());
  expect(table).toBe('TERM\n\\x1b[2J\\x0a\\u{202e}\n');
});

test.each([
  [undefined, 'NAME   KEY     FROM\nalice  SHA256  home\n'],
  [19, 'NAME   KEY     FROM\nalice  SHA256  home\n'],
  [18, 'NAME   KEY    FROM\nalice  SHA2…  home\n'],
  [16, 'NAME   FROM\nalice  home\n'],
  [10, 'NAME\nalice\n'],
])('in %s columns those give way that come first in the order', async (cols, expected) => {
  const fit = { cols, order: [{ title: 'KEY', least: 5 }, { title: 'FROM' }] };
  const rows = [['alice', 'SHA256', 'home']];
  const header = ['NAME', 'KEY', 'FROM'];
  const table = await textTable({ header, rows, fit }, new OwnSlices());
  expect(table).toBe(expected);
});

test('where nothing more gives way the longest name is cut', async () => {
  const rows = [['a'.repeat(64), 'driver']];
  const table = await textTable(
    { header: ['NAME', 'ROLE'], rows, fit: { cols: 40, order: [] } },
    new OwnSlices(),
  );
  expect(table.split('\n')[1]).toBe(`${'a'.repeat(31)}…  driver`);
});

test('lines are broken between words where a terminal has no room for them, and keep all that they say', () => {
  const text = 'short\n  worker: left behind, and running\n';
  expect(folded(text, 20)).toBe('short\n  worker: left\n    behind, and\n    running\n');
  expect(folded(text, undefined)).toBe(text);
  expect(folded('x'.repeat(30), 20)).toBe('x'.repeat(30));
});

test('a table and a list of 10,000 rows are made in slices', async () => {
  const rows = Array.from({ length: 10_000 }, (_, row) => [`${row}`, 'observer']);
  const [tableSlices, listSlices] = [new CountedSlices(2), new CountedSlices(2)];
  const table = await textTable({ header: ['A', 'B'], rows }, tableSlices);
  expect(table.split('\n').slice(-2)).toEqual(['9999  observer', '']);
  await jsonText({ rows }, listSlices);
  expect([tableSlices, listSlices].map(({ count }) => count >= rows.length)).toEqual([true, true]);
});

test('JSON escapes control characters, has two blanks for each level and ends in a newline', async () => {
  const value = { a: '\u001b', list: [{ b: [1, {}], 'c\u202e': null }], none: [], empty: {} };
  const escaped = JSON.stringify(value, null, 2).replaceAll('\u202e', '\\u202e');
  expect(await jsonText(value, new OwnSlices())).toBe(`${escaped}\n`);
});
