import { fc, test as property } from '@fast-check/vitest';
import { expect, test } from 'vitest';
import { type EndedLine, LineReader } from '../../../../src/host/tap/line-reader.js';
import { MAX_LINE_CHARACTERS } from '../../../../src/host/tap/pane-output.js';

function read(pieces: readonly Uint8Array[]): { lines: EndedLine[]; open: string } {
  const reader = new LineReader();
  const lines: EndedLine[] = [];
  for (const piece of pieces) reader.read(piece, (line) => lines.push(line));
  return { lines, open: reader.open };
}

test.each([
  ['plain', 'one\r\ntwo\n', ['one', 'two'], ''],
  ['colours', '\x1b[1;31mred\x1b[0m \x1b]8;;http://x\x07link\x1b]8;;\x1b\\\n', ['red link'], ''],
  ['a progress bar', '10%\r50%\r\x1b[K100%\r\n', ['100%'], ''],
  ['what a bar that goes on shows', '10%\r20%\r', [], '20%'],
  ['backspaces', '|\b/\b-\b grüß\b?\n', [' grü?'], ''],
  ['tabs and bells', 'a\tb\x07\x00\x7fc\n', ['a bc'], ''],
  ['rows of a screen', '\x1b[2J\x1b[Hfirst\x1b[2;1Hsecond\x1b[3;1H', ['first', 'second'], ''],
  ['a title', '\x1b]0;evil\ntitle\x07text\n', ['text'], ''],
  ['a charset', '\x1b(0lqk\x1b(B\n', ['lqk'], ''],
  ['a sequence that is taken back', '\x1b[31\x18ok\n', ['ok'], ''],
  ['controls of two bytes', 'a\u009b31mb\n', ['a31mb'], ''],
])('%s are lines as people see them', (_what, text, expected, open) => {
  const found = read([Buffer.from(text)]);
  expect(found.lines.map((line) => line.text)).toEqual(expected);
  expect(found.open).toBe(open);
});

property.prop([
  fc.string({
    unit: fc.constantFrom(
      'a',
      'ü',
      '🙂',
      '\n',
      '\r',
      '\x1b',
      '[',
      '3',
      'm',
      ']',
      '\x07',
      '\b',
      '漢',
    ),
  }),
])('byte by byte the lines are the same', (text) => {
  const bytes = Buffer.from(text);
  expect(read([...bytes].map((byte) => Uint8Array.of(byte)))).toEqual(read([bytes]));
});

test('lines tell where they end', () => {
  expect(read([Buffer.from('ab\nç\n')]).lines.map(({ end }) => end)).toEqual([3, 6]);
});

test('what is beyond the longest line is left out, and the next line is whole', () => {
  const { lines } = read([Buffer.from(`${'x'.repeat(50_000)}\nnext\n`)]);
  expect(lines.map(({ text }) => text)).toEqual(['x'.repeat(MAX_LINE_CHARACTERS), 'next']);
});

test('a string that never ends swallows no more than its limit', () => {
  const { lines } = read([Buffer.from(`\x1b]0;${'x\n'.repeat(40_000)}seen\n`)]);
  expect(lines.at(-1)?.text).toBe('seen');
});
