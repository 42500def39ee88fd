import { type ValueOf, z } from './schema.js';

/**
 * Code points whose columns differ between versions of tmux and of the C library that it asks: emoji and the symbols
 * around them, soft hyphen, Hangul vowels and finals, format characters.
 */
const RANGES: readonly (readonly [number, number])[] = [
  ...([
    [0xad, 0xad],
    [0x600, 0x605],
    [0x61c, 0x61c],
    [0x6dd, 0x6dd],
    [0x70f, 0x70f],
  ] as const),
  ...([
    [0x115f, 0x11ff],
    [0x200b, 0x200f],
    [0x2060, 0x2064],
    [0x2300, 0x23ff],
  ] as const),
  ...([
    [0x2600, 0x27bf],
    [0x2b00, 0x2bff],
    [0xd7b0, 0xd7fb],
    [0xfff9, 0xfffb],
  ] as const),
  ...([
    [0x1f000, 0x1faff],
    [0xe0020, 0xe007f],
  ] as const),
];

/** The code points whose width tmux is asked for when a mirror is opened. */
export const ASKED_CODE_POINTS: readonly number[] = RANGES.flatMap(([first, last]) =>
  Array.from({ length: last - first + 1 }, (_, index) => first + index),
);

/** How the tmux server of a session counts columns. */
export const columnRulesSchema = z.strictObject({
  /** The version of the tmux server that runs. */
  version: z.string().max(64),
  /** Whether VS16 makes the character before it two columns wide. */
  isSelectorWide: z.boolean(),
  /** A digit for each of `ASKED_CODE_POINTS`; empty where this version cannot be asked. */
  widths: z
    .string()
    .max(ASKED_CODE_POINTS.length)
    .regex(/^[012]*$/),
});

export type ColumnRules = ValueOf<typeof columnRulesSchema>;
