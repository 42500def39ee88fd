import headless, { type IBufferCell } from '@xterm/headless';
import type { TerminalSize } from '../../src/base/terminal-size.js';
import { CharacterWidth } from '../../src/gateway/mirror/character-width.js';
import type { Grid } from '../../src/gateway/mirror/grid.js';

/** What a cell shows and how; '' for the second half of a wide character. */
type ShownCell = readonly [glyph: string, style: string];

/** The terminal of somebody who watches, read by means of its own, not by the mirror's. */
export class WatchedScreen implements Disposable {
  readonly #terminal;
  #isCursorShown = true;

  constructor({ cols, rows }: TerminalSize) {
    this.#terminal = new headless.Terminal({ cols, rows, scrollback: 0, allowProposedApi: true });
    this.#terminal.unicode.register(new CharacterWidth());
    this.#terminal.unicode.activeVersion = 'tmux';
    for (const final of ['h', 'l']) {
      this.#terminal.parser.registerCsiHandler({ prefix: '?', final }, (modes) => {
        if (modes.includes(25)) this.#isCursorShown = final === 'h';
        return false;
      });
    }
  }

  async write(bytes: Uint8Array | string): Promise<void> {
    await new Promise<void>((resolve) => this.#terminal.write(bytes, resolve));
  }

  resize({ cols, rows }: TerminalSize): void {
    this.#terminal.resize(cols, rows);
  }

  get cursor(): Grid['cursor'] {
    if (!this.#isCursorShown) return null;
    const { cursorX, cursorY } = this.#terminal.buffer.active;
    return { col: Math.min(cursorX, this.#terminal.cols - 1), row: cursorY };
  }

  get text(): string {
    const { active } = this.#terminal.buffer;
    const rows = Array.from({ length: this.#terminal.rows }, (_, row) => active.getLine(row));
    return rows.map((row) => row?.translateToString(true) ?? '').join('\n');
  }

  /** Where the screen differs from `grid`: `row,col shown expected`; empty when it does not. */
  differences(grid: Grid): string[] {
    const found: string[] = [];
    grid.rows.forEach((row, rowIndex) => {
      row.glyphs.forEach((glyph, col) => {
        const shown = this.#cell(rowIndex, col);
        const expected: ShownCell = [glyph, glyph === '' ? '' : normal(row.styles[col] ?? '')];
        if (shown[0] === expected[0] && shown[1] === expected[1]) return;
        found.push(`${rowIndex},${col} ${JSON.stringify(shown)} ${JSON.stringify(expected)}`);
      });
    });
    const { cursor } = this;
    if (JSON.stringify(cursor) !== JSON.stringify(grid.cursor)) {
      found.push(`cursor ${JSON.stringify(cursor)} ${JSON.stringify(grid.cursor)}`);
    }
    return found;
  }

  [Symbol.dispose](): void {
    this.#terminal.dispose();
  }

  #cell(row: number, col: number): ShownCell {
    const { active } = this.#terminal.buffer;
    const cell = active.getLine(active.baseY + row)?.getCell(col);
    if (cell === undefined) return ['no cell', ''];
    if (cell.getWidth() === 0) return ['', ''];
    return [cell.getChars() || ' ', styleOf(cell)];
  }
}

/** Attributes in the order of their numbers, colours as the emulator names them. */
function styleOf(cell: IBufferCell): string {
  const flags = [
    [1, cell.isBold()],
    [2, cell.isDim()],
    [3, cell.isItalic()],
    [4, cell.isUnderline()],
    [5, cell.isBlink()],
    [7, cell.isInverse()],
    [8, cell.isInvisible()],
    [9, cell.isStrikethrough()],
    [53, cell.isOverline()],
  ];
  const attributes = flags.filter(([, isSet]) => isSet !== 0).map(([number]) => number);
  const colours = [
    cell.isFgDefault() ? '' : `f${cell.getFgColorMode() >> 24}:${cell.getFgColor()}`,
    cell.isBgDefault() ? '' : `b${cell.getBgColorMode() >> 24}:${cell.getBgColor()}`,
  ];
  return [...attributes, ...colours.filter((text) => text !== '')].join(' ');
}

/** SGR parameters in the words of `styleOf`, which has none for kinds and colours of underlines. */
function normal(style: string): string {
  const plain = style.split(';').filter((word) => word !== '' && !word.includes(':'));
  const numbers = plain.map(Number);
  const words: (string | number)[] = [];
  for (let at = 0; at < numbers.length; ) {
    const [word, used] = parameter(numbers.slice(at));
    words.push(word);
    at += used;
  }
  return words.join(' ');
}

function parameter([first = 0, ...rest]: number[]): [string | number, number] {
  if (first < 30 || first === 53) return [first, 1];
  const isBackground = (first >= 40 && first < 50) || first >= 100;
  const ground = isBackground ? 'b' : 'f';
  if (first >= 90) return [`${ground}1:${(first % 10) + 8}`, 1];
  if (first % 10 < 8) return [`${ground}1:${first % 10}`, 1];
  return extended(ground, rest);
}

function extended(
  ground: string,
  [kind, red = 0, green = 0, blue = 0]: number[],
): [string, number] {
  if (kind === 5) return [`${ground}2:${red}`, 3];
  return [`${ground}3:${(red << 16) | (green << 8) | blue}`, 5];
}
