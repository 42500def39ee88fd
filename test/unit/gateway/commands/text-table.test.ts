import { expect, test } from 'vitest';
import { jsonText, textTable } from '../../../../src/gateway/commands/text-table.js';

test('columns are as wide as their widest cell, and no line ends in blanks', () => {
  expect(
    textTable(
      ['A', 'NAME'],
      [
        ['long', 'x'],
        ['', ''],
      ],
    ),
  ).toBe('A     NAME\nlong  x\n\n');
});

test('escape sequences in cells are shown, not sent', () => {
  const table = textTable(['TERM'], [['\u001b[2J\n\u202e']]);
  expect(table).toBe('TERM\n\\x1b[2J\\x0a\\u{202e}\n');
});

test('JSON escapes control characters and ends in a newline', () => {
  expect(jsonText({ a: '\u001b' })).toBe('{\n  "a": "\\u001b"\n}\n');
});
