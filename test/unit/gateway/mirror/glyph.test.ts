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
])('%j is shown as it is', (glyph) => {
  expect(printableGlyph(glyph)).toBe(glyph);
});

test.each(['\u202e', '\u2066', '\u200f', '\u{e0041}', '\u{e007f}', '\u2060', '\ufeff', '\u00ad'])(
  'behind a character %j, which nobody would see, makes it no glyph',
  (invisible) => {
    expect(printableGlyph(`a${invisible}`)).toBe('\ufffd');
    expect(printableGlyph(`\u6f22${invisible}\u0301`)).toBe('\ufffd');
  },
);
