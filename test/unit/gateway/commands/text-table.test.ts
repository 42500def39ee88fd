import { expect, test } from 'vitest';
import { OwnSlices } from '../../../../src/base/slices.js';
import { jsonText, textTable } from '../../../../src/gateway/commands/text-table.js';
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
