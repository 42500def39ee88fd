import { describe, expect, test, vi } from 'vitest';
import type { Grid } from '../../../../src/gateway/mirror/grid.js';
import { ScreenModel } from '../../../../src/gateway/mirror/screen-model.js';
import { count } from '../../../helpers/counts.js';
import { eventually } from '../../../helpers/eventually.js';
import { Random } from '../../../helpers/random.js';

const SIZE = { cols: 20, rows: 4 };

/** A model, and what it said. */
class Subject implements Disposable {
  readonly pressures: boolean[] = [];
  readonly model: ScreenModel;
  #parsed = 0;

  constructor(size = SIZE) {
    this.model = new ScreenModel({
      size,
      onChange: () => {
        this.#parsed += 1;
      },
      onPressure: (isHigh) => this.pressures.push(isHigh),
    });
  }

  /** Writes, and waits until it is understood. */
  async write(text: string | Uint8Array): Promise<void> {
    const before = this.#parsed;
    this.model.write(typeof text === 'string' ? Buffer.from(text) : text);
    await eventually('the output is understood', () => this.#parsed > before);
  }

  async after(text: string): Promise<Grid> {
    await this.write(text);
    return this.model.snapshot();
  }

  [Symbol.dispose](): void {
    this.model.close();
  }
}

function textOf(grid: Grid): string[] {
  return grid.rows.map((row) => row.glyphs.join('').trimEnd());
}

describe('a screen model', () => {
  test('reads every attribute and kind of colour as the parameters that make it', async () => {
    using subject = new Subject();
    const styles = [
      '1',
      '2',
      '3',
      '4',
      '5',
      '7',
      '8',
      '9',
      '53',
      '31',
      '97',
      '44',
      '103',
      '38;5;9',
    ];
    styles.push('48;5;250', '38;2;255;0;7', '1;4;31;48;2;1;2;3', '');
    const { rows } = await subject.after(styles.map((style) => `\x1b[0;${style}mx`).join(''));
    expect(rows[0]?.styles.slice(0, styles.length)).toEqual(styles);
  });

  test('reads kinds and colours of underlines, in all forms that tmux writes', async () => {
    using subject = new Subject();
    const styles = ['4:2', '4:3;58:2::1:2:3', '1;38;5;9;4:4;58:5:200', '58:5:7', '4:5', '4:3', ''];
    const written = [
      ...['4:2', '58;2;1;2;3m\x1b[4:3', '1;38;5;9;58:5:200;4:4', '58:2::1:2:3;4;58;5;7', '4:5'],
      ...['58:5:9;4:3m\x1b[59', '58:5:9'],
    ];
    const { rows } = await subject.after(written.map((each) => `\x1b[0;${each}mx`).join(''));
    const read = rows[0]?.styles.slice(0, styles.length);
    expect(read?.map((style) => style.replace(/(^|;)4;/, '$1').replace(/^4$/, ''))).toEqual(styles);
    expect(read?.slice(0, -1).every((style) => style.split(';').includes('4'))).toBe(true);
  });

  test('counts columns as tmux does', async () => {
    const widths: Record<string, number> = {
      ...{ a: 1, é: 1, 'e\u0301\u0301': 1, 日: 2, '日\u0301': 2, 한: 2, '\u1100\u1161': 2 },
      ...{ '👍': 2, '🪄': 2, '👩\u200d💻': 2, '❤\ufe0f': 1, '☁\ufe0f': 1, '1\ufe0f\u20e3': 1 },
      ...{ '🇩': 1, '\ue0b0': 1, ﾊ: 1, '─': 1, 'a\u200d💻': 1 },
    };
    for (const [text, width] of Object.entries(widths)) {
      using subject = new Subject();
      const { rows } = await subject.after(`${text}|`);
      const expected = [text, ...(width === 2 ? [''] : []), '|'];
      expect(rows[0]?.glyphs.slice(0, width + 1)).toEqual(expected);
    }
  });

  test('follows the cursor and whether it is seen', async () => {
    using subject = new Subject();
    expect((await subject.after('\x1b[2;3H')).cursor).toEqual({ col: 2, row: 1 });
    expect((await subject.after('\x1b[?12;25l')).cursor).toBeNull();
    expect((await subject.after('\x1b[?25h')).cursor).toEqual({ col: 2, row: 1 });
    expect((await subject.after(`\x1b[4;1H${'x'.repeat(20)}`)).cursor).toEqual({ col: 19, row: 3 });
  });

  test('follows the shape of the cursor, and takes none that there is not', async () => {
    using subject = new Subject();
    const plain = { col: 0, row: 0 };
    expect((await subject.after('\x1b[5 q')).cursor).toEqual({ ...plain, shape: 5 });
    expect((await subject.after('\x1b[7 q')).cursor).toEqual({ ...plain, shape: 5 });
    expect((await subject.after('\x1b[0 q')).cursor).toEqual(plain);
    expect((await subject.after('\x1b[2 q')).cursor).toEqual({ ...plain, shape: 2 });
    expect((await subject.after('\x1bc')).cursor).toEqual(plain);
  });

  test('gives the same objects for what is the same, wherever it scrolled', async () => {
    using subject = new Subject();
    const first = await subject.after('one\r\ntwo\r\nthree\r\nfour');
    expect(await subject.after('\x1b[1mx\x08\x1b[m \x08')).toBe(first);
    const second = await subject.after('\r\nfive');
    expect(second.rows.slice(0, 3)).toEqual(first.rows.slice(1));
    second.rows.slice(0, 3).forEach((row, index) => expect(row).toBe(first.rows[index + 1]));
    const third = await subject.after('\x1b[2;1H\x1b[31mthree');
    expect(third.rows.map((row, index) => row === second.rows[index])).toEqual([
      ...[true, false, true, true],
    ]);
  });

  test('lets nothing but printable characters into a screen, whatever comes', async () => {
    const random = new Random(3);
    const special = [
      '\x1b',
      '\x9b',
      '\x00',
      '\x7f',
      '\u0085',
      '\u2028',
      '\u202e',
      '\ufeff',
      '\u0301',
    ];
    for (let round = 0; round < count(20, 1000); round += 1) {
      using subject = new Subject();
      const texts = Array.from({ length: 100 }, () => random.pick(special));
      const bytes = Buffer.concat([
        random.bytes(200),
        Buffer.from(texts.join('a')),
        random.bytes(50),
      ]);
      await subject.write(bytes);
      for (const glyph of subject.model.snapshot().rows.flatMap((row) => row.glyphs)) {
        expect(glyph).not.toMatch(/[\p{Cc}\p{Cs}\u2028\u2029]|^\p{M}/u);
        expect(Array.from(glyph).length).toBeLessThanOrEqual(33);
      }
    }
  });

  test('cuts a glyph that is too long, and shows the rest of it', async () => {
    using subject = new Subject();
    const grid = await subject.after(`e${'\u0301'.repeat(15)}|e${'\u0301'.repeat(99)}|`);
    expect(grid.rows[0]?.glyphs.slice(0, 4)).toEqual([
      `e${'\u0301'.repeat(15)}`,
      '|',
      `e${'\u0301'.repeat(31)}`,
      '|',
    ]);
  });

  test('is taken at the end of an update, even where the next one has begun by then', async () => {
    using subject = new Subject();
    await subject.write('before\x1b[?2026h\x1b[Hhalf');
    const taken: string[][] = [];
    subject.model.whenWhole(() => taken.push(textOf(subject.model.snapshot())));
    expect(taken).toEqual([]);
    await subject.write(' whole\x1b[?2026l\x1b[?2026h\x1b[2J');
    expect(taken).toEqual([['half whole', '', '', '']]);
    subject.model.whenWhole(() => taken.push(['never']));
  });

  test('is taken in the middle of an update that does not end', async () => {
    using subject = new Subject();
    await subject.write('\x1b[?2026hhalf');
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      let taken = 0;
      subject.model.whenWhole(() => (taken += 1));
      vi.advanceTimersByTime(99);
      expect(taken).toBe(0);
      vi.advanceTimersByTime(1);
      expect(taken).toBe(1);
    } finally {
      vi.useRealTimers();
    }
  });

  test('takes the size it is given, once what came before is understood', async () => {
    using subject = new Subject();
    subject.model.write(Buffer.from(`\x1b[1;${SIZE.cols}Hx`));
    const resized = new Promise<void>((resolve) => {
      subject.model.resize({ cols: 1, rows: 2 }, resolve);
    });
    expect(subject.model.snapshot().cols).toBe(SIZE.cols);
    await resized;
    const { cols, rows } = subject.model.snapshot();
    expect([cols, rows.length, rows[0]?.glyphs.length]).toEqual([1, 2, 1]);
  });

  test('says when more than a mebibyte waits and when it is understood', async () => {
    using subject = new Subject();
    const mebibyte = Buffer.alloc(1024 * 1024, 'x');
    subject.model.write(mebibyte);
    expect(subject.pressures).toEqual([]);
    subject.model.write(Buffer.from('x'));
    expect(subject.pressures).toEqual([true]);
    await eventually('all output is understood', () => subject.pressures.length === 2);
    expect(subject.pressures).toEqual([true, false]);
  });

  test('says nothing after it was closed', async () => {
    const subject = new Subject();
    let changes = 0;
    const model = new ScreenModel({
      size: SIZE,
      onChange: () => (changes += 1),
      onPressure: () => undefined,
    });
    model.write(Buffer.from('x'));
    model.close();
    model.write(Buffer.from('y'));
    await subject.write('understood later than the other');
    expect(changes).toBe(0);
    subject[Symbol.dispose]();
  });
});
