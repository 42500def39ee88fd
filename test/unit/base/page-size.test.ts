import { expect, test } from 'vitest';
import { PageSize } from '../../../src/base/page-size.js';

/** The lines of the pages that follow, where each line takes so long. */
function sizesAt(msPerLine: number, isStyled = false): number[] {
  const size = new PageSize({ cols: 160, isStyled });
  return Array.from({ length: 12 }, () => {
    const { lines } = size;
    size.note(lines, lines * msPerLine);
    return lines;
  });
}

test('pages grow until one takes 5 ms of tmux, and stay there', () => {
  const sizes = sizesAt(0.004);
  expect(sizes[0]).toBe(100);
  expect(sizes.slice(1).every((lines, at) => lines <= 2 * (sizes[at] ?? 0))).toBe(true);
  expect(sizes.at(-1)).toBe(1250);
});

test('pages of lines that cost much are short, but never too short to go on', () => {
  expect(sizesAt(0.1).at(-1)).toBe(50);
  expect(sizesAt(10).at(-1)).toBe(32);
});

test('lines that cost nothing so far do not make a page endless: the next may be full of colours', () => {
  expect(sizesAt(0).at(-1)).toBe(3125);
  expect(sizesAt(0, true).at(-1)).toBe(750);
});

test('a short page that was cheap does not make the next one shorter', () => {
  const size = new PageSize({ cols: 160, isStyled: false });
  size.note(3, 0.1);
  expect(size.lines).toBe(100);
});
