import { expect, test } from 'vitest';
import { printableGlyph } from '../../../../src/gateway/mirror/grid.js';

test.each([
  'a',
  'e\u0301',
  '\u6f22',
  '\u2764\ufe0f',
  '\u6f22\u{e0100}',
  '\u{1f469}\u200d\u{1f469}\u200d\u{1f467}',
  '1\ufe0f\u20e3',
  // Hindi, Tamil, Bengali and Burmese: vowels that take a column of their own.
  '\u093f',
  '\u0928\u094d',
  '\u0bbf',
  '\u09be',
  '\u1031',
  // Persian: a joiner, or what forbids joining, behind a letter.
  '\u06cc\u200c',
  '\u0644\u200d',
  '\u0627\u200f',
  '\u00ad',
  'a\u00ad',
  '\u{1f3f4}\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}',
  `\u{1f468}\u{1f3fd}${'\u200d\u{1f467}\u{1f3fd}'.repeat(3)}`,
])('%j is shown as it is', (glyph) => {
  expect(printableGlyph(glyph)).toBe(glyph);
});

test.each(['\u001b', '\u009b', '\u2028', '\u202a', '\u202e', '\u2066', '\u2069'])(
  '%j, which is dangerous, is taken out of a character, and the character stays',
  (dangerous) => {
    expect(printableGlyph(`\u6f22${dangerous}\u0301`)).toBe('\u6f22\u0301');
    expect(printableGlyph(dangerous)).toBe(' ');
  },
);

test.each(['\u0301', '\u200d', '\u200c', '\u200f', '\u{e0067}', '\u11a8', '\ufeff'])(
  '%j alone joins nothing before it',
  (mark) => {
    expect(printableGlyph(mark)).toBe(` ${mark}`);
  },
);

test('a pile of marks is cut, and what is below it stays', () => {
  const pile = `a${'\u0301'.repeat(1000)}`;
  expect(printableGlyph(pile)).toBe(pile.slice(0, 32));
});
