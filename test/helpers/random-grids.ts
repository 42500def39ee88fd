import type { TerminalSize } from '../../src/base/terminal-size.js';
import type { Grid, Row } from '../../src/gateway/mirror/grid.js';
import type { Random } from './random.js';

const NARROW = ['a', 'B', '~', ' ', ' ', 'é', 'e\u0301', '─', '█', '❤\ufe0f', '\ue0b0', '☁'];
const WIDE = ['日', '本', '한', '👍', '👩\u200d💻', '🪄', '日\u0301'];
const STYLES = [
  ...[
    '',
    '',
    '',
    '1',
    '31',
    '97;44',
    '48;5;200',
    '38;2;1;2;3;48;2;4;5;6',
    '7',
    '1;2;3;4;5;7;8;9;53',
  ],
  ...['42', '38;5;9', '4;4:3;58:2::1:2:3', '4;4:2', '4;58:5:9'],
];

/** Screens that have something of all there is, made with as many blanks and repetitions as real ones. */
export class RandomGrids {
  readonly #random: Random;

  constructor(random: Random) {
    this.#random = random;
  }

  grid(size: TerminalSize): Grid {
    const rows = Array.from({ length: size.rows }, () => this.row(size.cols));
    return { cols: size.cols, rows, cursor: this.#cursor(size) };
  }

  /** What may come after `grid`: rows scrolled, changed in places, or the same. */
  next(grid: Grid): Grid {
    const { cols } = grid;
    let rows = [...grid.rows];
    if (this.#random.below(3) > 0) rows = this.#scrolled(rows, cols);
    const changed = rows.map((row) => {
      const what = this.#random.below(8);
      if (what === 0) return this.row(cols);
      return what === 1 ? this.#touched(row) : row;
    });
    return { cols, rows: changed, cursor: this.#cursor({ cols, rows: rows.length }) };
  }

  row(cols: number): Row {
    const glyphs: string[] = [];
    const styles: string[] = [];
    let style = '';
    while (glyphs.length < cols) {
      if (this.#random.below(4) === 0) style = this.#random.pick(STYLES);
      if (this.#random.below(10) === 0) {
        const blanks = this.#random.below(cols);
        for (let count = 0; count < blanks && glyphs.length < cols; count += 1) {
          glyphs.push(' ');
          styles.push(style);
        }
      } else if (this.#random.below(4) === 0 && glyphs.length + 2 <= cols) {
        glyphs.push(this.#random.pick(WIDE), '');
        styles.push(style, style);
      } else if (glyphs.length < cols) {
        glyphs.push(this.#random.pick(NARROW));
        styles.push(style);
      }
    }
    return { glyphs, styles };
  }

  #touched(row: Row): Row {
    const other = this.row(row.glyphs.length);
    const bounds = [this.#boundary(row, other), this.#boundary(row, other)].sort((a, b) => a - b);
    const [start = 0, end = 0] = bounds;
    const mix = (a: readonly string[], b: readonly string[]) => [
      ...a.slice(0, start),
      ...b.slice(start, end),
      ...a.slice(end),
    ];
    return { glyphs: mix(row.glyphs, other.glyphs), styles: mix(row.styles, other.styles) };
  }

  /** A column where neither row has a wide character in two halves. */
  #boundary(row: Row, other: Row): number {
    let col = this.#random.below(row.glyphs.length + 1);
    while (row.glyphs[col] === '' || other.glyphs[col] === '') col += 1;
    return col;
  }

  #scrolled(rows: readonly Row[], cols: number): Row[] {
    const top = this.#random.below(rows.length);
    const bottom = top + this.#random.below(rows.length - top);
    const distance = this.#random.below(2 * (bottom - top) + 1) - (bottom - top);
    return rows.map((row, index) => {
      if (index < top || index > bottom) return row;
      const source = index + distance;
      const isInside = source >= top && source <= bottom;
      return (isInside ? rows[source] : undefined) ?? this.row(cols);
    });
  }

  #cursor({ cols, rows }: TerminalSize): Grid['cursor'] {
    if (this.#random.below(4) === 0) return null;
    return { col: this.#random.below(cols), row: this.#random.below(rows) };
  }
}
