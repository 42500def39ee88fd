import { fc, test as property } from '@fast-check/vitest';
import { expect, test } from 'vitest';
import { ansiOf, paletteOf } from '../../../../src/gateway/mirror/colour.js';

/** tmux's own table (colour.c), one digit of base 16 for each of 256. */
const TMUX_16 =
  '0123456789abcdef' +
  '0444cc2644cc2264cc2226ccaaaaecaaaaae1544cc3844cc2264cc2226ccaaaaecaaaaae1154cc1154cc3384cc2226ccaaaaecaaaaae' +
  '1115cc1115cc1115cc3337ccaaaaecaaaaae9999dc9999dc9999dc9999dcbbbb7caaaaae99999d99999d99999d99999d99999dbbbbbf' +
  '000000888888777777ffffff';
const CUBE = [0, 95, 135, 175, 215, 255];
const part = fc.integer({ min: 0, max: 255 });

test('each colour of the palette becomes the one of 16 that tmux makes of it', () => {
  const all = Array.from({ length: 256 }, (_, index) => ansiOf(index).toString(16));
  expect(all.join('')).toBe(TMUX_16);
});

test('a 24-bit colour that is in the palette becomes that', () => {
  for (let index = 16; index < 232; index += 1) {
    const at = index - 16;
    const levels = [Math.floor(at / 36), Math.floor(at / 6) % 6, at % 6];
    const [red = 0, green = 0, blue = 0] = levels.map((level) => CUBE[level] ?? 0);
    expect(paletteOf([red, green, blue])).toBe(index);
  }
  for (let grey = 0; grey < 24; grey += 1) {
    const value = 8 + 10 * grey;
    expect(paletteOf([value, value, value])).toBe(232 + grey);
  }
});

property.prop([part, part, part])('no colour of the cube is nearer', (red, green, blue) => {
  const found = paletteOf([red, green, blue]);
  expect(found).toBeGreaterThanOrEqual(16);
  expect(found).toBeLessThanOrEqual(255);
  const at = found - 16;
  const shown =
    found >= 232
      ? Array<number>(3).fill(8 + 10 * (found - 232))
      : [CUBE[Math.floor(at / 36)], CUBE[Math.floor(at / 6) % 6], CUBE[at % 6]];
  const away = (one: readonly (number | undefined)[]) =>
    [red, green, blue].reduce((sum, value, index) => sum + (value - (one[index] ?? 0)) ** 2, 0);
  const nearest = [red, green, blue].map((value) =>
    CUBE.reduce((best, level) => (Math.abs(level - value) < Math.abs(best - value) ? level : best)),
  );
  expect(away(shown)).toBeLessThanOrEqual(away(nearest));
});
