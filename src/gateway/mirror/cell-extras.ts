import type { IBufferCell } from '@xterm/headless';

/** The bit of a cell's background that says that `extended` is its own (xterm.js, `BgFlags.HAS_EXTENDED`). */
const HAS_EXTRAS = 0x10000000;
/** Kind and colour of an underline in what the emulator keeps; above are bits of its own renderer. */
const DECORATION_MASK = 0x1fffffff;

/**
 * Kind of the underline (1 to 5, as in SGR 4:N) times 2^26, and its colour as the emulator has colours; 0 where there is none. Read
 * from the emulator's insides (xterm.js, `ExtendedAttrs`), which its types leave out: what is not found there is not shown.
 */
export function decorationOf(cell: IBufferCell): number {
  if (cell.isUnderline() === 0 || (numberIn(cell, 'bg') & HAS_EXTRAS) === 0) return 0;
  const extras: unknown = Reflect.get(cell, 'extended');
  return typeof extras === 'object' && extras !== null
    ? numberIn(extras, '_ext') & DECORATION_MASK
    : 0;
}

function numberIn(holder: object, name: string): number {
  const value: unknown = Reflect.get(holder, name);
  return typeof value === 'number' ? value : 0;
}
