import type { IBufferCell } from '@xterm/headless';
import { decorationOf } from './cell-extras.js';

/** How many styles are remembered; when there are more, all are forgotten. A gradient has thousands. */
const MAX_KNOWN = 4096;
/** What the emulator calls the kinds of colours; the colour itself takes the 24 bits below. */
const PALETTE_16 = 1 << 24;
const PALETTE_256 = 2 << 24;
const RGB = 3 << 24;
const COLOUR_MASK = 0xffffff;
/** A colour with its kind takes 26 bits, so that two of them fit into a number exactly. */
const COLOUR_RANGE = 2 ** 26;
/** SGR parameters in the order of the bits of `flagsOf` (ECMA-48 §8.3.117; 53 is overlined). */
const ATTRIBUTES = [1, 2, 3, 4, 5, 7, 8, 9, 53];
/** What is above the bits of `flagsOf`: kind and colour of the underline, 29 bits, so that all of it is exact. */
const DECORATION_RANGE = 2 ** ATTRIBUTES.length;
const UNDERLINE_KIND = COLOUR_RANGE;
/** The emulator's colour of an underline after SGR 59, which is the one of the text. */
const NO_UNDERLINE_COLOUR = COLOUR_RANGE - 1;
const FOREGROUND = { normal: 30, bright: 90, extended: 38 };
const BACKGROUND = { normal: 40, bright: 100, extended: 48 };

/** Reads how a cell is shown; equal styles are the same string. */
export class StyleReader {
  /** Styles by attributes, then by both colours in one number. */
  readonly #known = new Map<number, Map<number, string>>();
  #count = 0;

  /** The parameters of SGR after a reset; '' for plain. */
  styleOf(cell: IBufferCell): string {
    if (cell.isAttributeDefault()) return '';
    const flags = flagsOf(cell) + DECORATION_RANGE * decorationOf(cell);
    const foreground = cell.isFgDefault() ? 0 : cell.getFgColorMode() | cell.getFgColor();
    const background = cell.isBgDefault() ? 0 : cell.getBgColorMode() | cell.getBgColor();
    const colours = foreground * COLOUR_RANGE + background;
    const known = this.#known.get(flags)?.get(colours);
    if (known !== undefined) return known;
    return this.#remember(flags, colours, parameters(flags, foreground, background));
  }

  #remember(flags: number, colours: number, style: string): string {
    if (this.#count >= MAX_KNOWN) {
      this.#known.clear();
      this.#count = 0;
    }
    const ofFlags = this.#known.get(flags) ?? new Map<number, string>();
    this.#known.set(flags, ofFlags.set(colours, style));
    this.#count += 1;
    return style;
  }
}

function flagsOf(cell: IBufferCell): number {
  let flags = cell.isBold() === 0 ? 0 : 1;
  if (cell.isDim() !== 0) flags |= 2;
  if (cell.isItalic() !== 0) flags |= 4;
  if (cell.isUnderline() !== 0) flags |= 8;
  if (cell.isBlink() !== 0) flags |= 16;
  if (cell.isInverse() !== 0) flags |= 32;
  if (cell.isInvisible() !== 0) flags |= 64;
  if (cell.isStrikethrough() !== 0) flags |= 128;
  if (cell.isOverline() !== 0) flags |= 256;
  return flags;
}

function parameters(flags: number, foreground: number, background: number): string {
  const attributes = ATTRIBUTES.filter((_, bit) => (flags & (1 << bit)) !== 0);
  const colours = [colour(foreground, FOREGROUND), colour(background, BACKGROUND)];
  const words = [...attributes, ...colours, ...underline(Math.floor(flags / DECORATION_RANGE))];
  return words.filter((word) => word !== '').join(';');
}

/** Its kind, where that is not the plain one, and its colour; with colons, since these are no parameters of their own. */
function underline(decoration: number): string[] {
  const kind = Math.floor(decoration / UNDERLINE_KIND);
  const value = decoration % UNDERLINE_KIND;
  const shown = kind > 1 ? [`4:${kind}`] : [];
  if (value === 0 || value === NO_UNDERLINE_COLOUR) return shown;
  const number = value & COLOUR_MASK;
  if (value - number < RGB) return [...shown, `58:5:${number & 0xff}`];
  return [...shown, `58:2::${number >> 16}:${(number >> 8) & 0xff}:${number & 0xff}`];
}

function colour(value: number, base: typeof FOREGROUND): string {
  if (value === 0) return '';
  const number = value & COLOUR_MASK;
  switch (value - number) {
    case PALETTE_16:
      return String(number < 8 ? base.normal + number : base.bright + number - 8);
    case PALETTE_256:
      return `${base.extended};5;${number}`;
    default:
      return `${base.extended};2;${number >> 16};${(number >> 8) & 0xff};${number & 0xff}`;
  }
}
