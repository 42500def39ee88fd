/** The levels of red, green and blue in the 6x6x6 cube of the palette (xterm, 256colres.h). */
const CUBE = [0x00, 0x5f, 0x87, 0xaf, 0xd7, 0xff];
const CUBE_START = 16;
const GREY_START = 232;
const GREYS = 24;
/** Greys of the palette are 8, 18, ... 238; a quarter of them goes to each grey of the 16. */
const GREYS_OF_16 = [0, 8, 7, 15];

type Rgb = readonly [red: number, green: number, blue: number];

/** The nearest colour of the palette of 256, the first 16 left out: what these are is the terminal's choice (tmux, `colour_find_rgb`). */
export function paletteOf(colour: Rgb): number {
  const [red, green, blue] = colour.map(cubeLevel) as [number, number, number];
  const inCube = CUBE_START + 36 * red + 6 * green + blue;
  const shown: Rgb = [CUBE[red] ?? 0, CUBE[green] ?? 0, CUBE[blue] ?? 0];
  const average = Math.floor((colour[0] + colour[1] + colour[2]) / 3);
  const grey = Math.min(GREYS - 1, Math.max(0, Math.floor((average - 3) / 10)));
  const value = 8 + 10 * grey;
  const isGreyNearer = distance([value, value, value], colour) < distance(shown, colour);
  return isGreyNearer ? GREY_START + grey : inCube;
}

/** A colour of the palette among the first 16: its strongest parts, bright where they are strong (tmux, `colour_256to16`). */
export function ansiOf(palette: number): number {
  if (palette < CUBE_START) return palette;
  if (palette >= GREY_START) return GREYS_OF_16[Math.floor((palette - GREY_START) / 6)] ?? 0;
  const at = palette - CUBE_START;
  const [red, green, blue] = [Math.floor(at / 36), Math.floor(at / 6) % 6, at % 6] as const;
  const most = Math.max(red, green, blue);
  if (red === green && green === blue) return [0, 8, 8, 7, 7, 15][most] ?? 0;
  const parts = (red === most ? 1 : 0) + (green === most ? 2 : 0) + (blue === most ? 4 : 0);
  return parts + (most >= 4 ? 8 : 0);
}

function cubeLevel(value: number): number {
  if (value < 48) return 0;
  return value < 114 ? 1 : Math.floor((value - 35) / 40);
}

function distance(one: Rgb, other: Rgb): number {
  return one.reduce((sum, value, at) => sum + (value - (other[at] ?? 0)) ** 2, 0);
}
