import { describe, expect, test } from 'vitest';
import { OwnSlices } from '../../../../src/base/slices.js';
import { rowsOf } from '../../../../src/gateway/mirror/captured-rows.js';
import { CountedSlices } from '../../../helpers/counted-slices.js';

describe('captured rows', () => {
  test('are the lines, styled, padded and cut to the columns', async () => {
    const rows = await rowsOf(
      ['\x1b[1mbold\x1b[0m!', '', 'far too long', '日本'],
      6,
      new OwnSlices(),
    );
    expect(rows.map((row) => row.glyphs)).toEqual([
      ['b', 'o', 'l', 'd', '!', ' '],
      [' ', ' ', ' ', ' ', ' ', ' '],
      ['f', 'a', 'r', ' ', 't', 'g'],
      ['日', '', '本', '', ' ', ' '],
    ]);
    expect(rows[0]?.styles).toEqual(['1', '1', '1', '1', '', '']);
  });

  test('carry a style from a line to the next, as tmux writes it', async () => {
    const rows = await rowsOf(['\x1b[31mred', 'red\x1b[0m plain'], 9, new OwnSlices());
    expect(rows[1]?.styles.slice(0, 5)).toEqual(['31', '31', '31', '', '']);
  });

  test('have line drawing as characters', async () => {
    const rows = await rowsOf(['\x0elqk\x0f lqk'], 7, new OwnSlices());
    expect(rows[0]?.glyphs.join('')).toBe('┌─┐ lqk');
  });

  test('are read in slices, the same as at once', async () => {
    const slices = new CountedSlices();
    const lines = Array.from({ length: 40 }, (_, n) => `\x1b[38;5;${n}m${'x'.repeat(1000)}`);
    expect(await rowsOf(lines, 9, slices)).toEqual(await rowsOf(lines, 9, new OwnSlices(() => 0)));
    expect(slices.count).toBeGreaterThan(10);
  });

  test('are none of no lines', async () => {
    await expect(rowsOf([], 80, new OwnSlices())).resolves.toEqual([]);
  });
});
