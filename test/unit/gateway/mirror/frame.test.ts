import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Level } from '../../../../src/gateway/mirror/abilities.js';
import { encodeFrame } from '../../../../src/gateway/mirror/frame.js';
import type { Grid, Row } from '../../../../src/gateway/mirror/grid.js';
import { blankRow } from '../../../../src/gateway/mirror/grid.js';
import { count } from '../../../helpers/counts.js';
import { Random } from '../../../helpers/random.js';
import { RandomGrids } from '../../../helpers/random-grids.js';
import { WatchedScreen } from '../../../helpers/watched-screen.js';

const WHOLE = { maxBytes: 64 * 1024, hasSync: false, level: 'full' } as const;
const FREE = { maxBytes: Number.POSITIVE_INFINITY, hasSync: false, level: 'full' } as const;
const SIZE = fc.record({
  cols: fc.integer({ min: 2, max: 40 }),
  rows: fc.integer({ min: 1, max: 12 }),
});
/** What a terminal may be left in: margins, origin mode, insertion, line drawing, colours, a pending wrap. */
const DISTURBED =
  '\x1b[44;1mbefore\x1b[2;3r\x1b[?6h\x1b[4h\x1b(0\x0e\x1b[?7hqqq\x1b[999;999Hxy\x1b[?25l';

function row(text: string, cols = 20): Row {
  return { ...blankRow(cols), glyphs: Array.from(text.padEnd(cols)) };
}

function grid(rows: readonly Row[], cursor: Grid['cursor'] = null): Grid {
  return { cols: rows[0]?.glyphs.length ?? 0, rows, cursor };
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString();
}

describe('a frame', () => {
  test('leads a terminal in any state to the screen, cell by cell', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(), SIZE, fc.boolean(), async (seed, size, hasSync) => {
        const to = new RandomGrids(new Random(seed)).grid(size);
        using screen = new WatchedScreen(size);
        await screen.write(DISTURBED);
        const frame = encodeFrame(undefined, to, { ...WHOLE, hasSync });
        await screen.write(frame.bytes);
        expect(screen.differences(to)).toEqual([]);
        expect(frame.reached).toBe(to);
      }),
      { numRuns: count(40, 1500) },
    );
  }, 120_000);

  test('leads from one screen to the next and says truly how far, whatever its limit', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.nat(),
        SIZE,
        fc.integer({ min: 0, max: 3000 }),
        async (seed, size, maxBytes) => {
          const random = new Random(seed);
          const grids = new RandomGrids(random);
          using screen = new WatchedScreen(size);
          let shown: Grid | undefined;
          let to = grids.grid(size);
          for (let step = 0; step < 12; step += 1) {
            const hasSync = random.below(2) === 0;
            const frame = encodeFrame(shown, to, { ...WHOLE, maxBytes, hasSync });
            await screen.write(frame.bytes);
            expect(screen.differences(frame.reached)).toEqual([]);
            shown = frame.reached;
            to = random.below(4) === 0 ? grids.grid(size) : grids.next(to);
          }
        },
      ),
      { numRuns: count(60, 1500) },
    );
  }, 120_000);

  test('comes to its end in the end, however small the limit is', async () => {
    const size = { cols: 30, rows: 8 };
    const grids = new RandomGrids(new Random(7));
    const to = grids.grid(size);
    let shown: Grid | undefined;
    for (let left = size.cols * size.rows; shown !== to && left > 0; left -= 1) {
      shown = encodeFrame(shown, to, { ...WHOLE, maxBytes: 0, hasSync: true }).reached;
    }
    expect(shown).toBe(to);
  });

  test('is empty where nothing changed', () => {
    const from = grid([row('one'), row('two')], { col: 1, row: 1 });
    const to = grid([row('one'), row('two')], { col: 1, row: 1 });
    expect(encodeFrame(from, to, WHOLE)).toEqual({ bytes: new Uint8Array(), reached: to });
  });

  test('only moves the cursor where only the cursor moved', () => {
    const rows = [row('one'), row('two')];
    const frame = encodeFrame(
      grid(rows, { col: 0, row: 0 }),
      grid(rows, { col: 4, row: 1 }),
      WHOLE,
    );
    expect(textOf(frame.bytes)).toBe('\x1b[2;5H\x1b[?25h');
    const hidden = encodeFrame(grid(rows, { col: 0, row: 0 }), grid(rows), WHOLE);
    expect(textOf(hidden.bytes)).toBe('\x1b[?25l');
  });

  test('sets the shape of the cursor where that is another or not known, and the terminal has all', () => {
    const rows = [row('one')];
    const [own, bar] = [grid(rows, { col: 0, row: 0 }), grid(rows, { col: 0, row: 0, shape: 5 })];
    const shapes = (from: Grid | undefined, to: Grid, level: Level = 'full') =>
      textOf(encodeFrame(from, to, { ...WHOLE, level }).bytes).match(/\x1b\[\d q/g) ?? [];
    expect(shapes(own, bar)).toEqual(['\x1b[5 q']);
    expect(shapes(bar, own)).toEqual(['\x1b[0 q']);
    expect(shapes(bar, grid(rows, { col: 1, row: 0, shape: 5 }))).toEqual([]);
    expect(shapes(undefined, own)).toEqual(['\x1b[0 q']);
    expect(shapes(grid(rows), bar)).toEqual(['\x1b[5 q']);
    expect(shapes(own, bar, 'rgb')).toEqual([]);
  });

  test('costs a line where a log scrolled by a line', () => {
    const lines = Array.from({ length: 20 }, (_, index) => row(`line ${index}`));
    const from = grid([row('head'), ...lines, row('foot')]);
    const to = grid([row('head'), ...lines.slice(1), row('new'), row('foot')]);
    expect(textOf(encodeFrame(from, to, WHOLE).bytes)).toBe(
      '\x1b[0m\x1b[2;21r\x1b[1S\x1b[r\x1b[21;1Hnew',
    );
    expect(textOf(encodeFrame(to, from, WHOLE).bytes)).toContain('\x1b[1T');
  });

  test('scrolls panes above each other, each by its own', () => {
    const [upper, lower] = ['u', 'l'].map((name) =>
      Array.from({ length: 10 }, (_, index) => row(`${name}${index}`)),
    );
    const from = grid([...(upper ?? []), row('--'), ...(lower ?? [])]);
    const to = grid([
      ...(upper ?? []).slice(3),
      ...[row('x'), row('y'), row('z'), row('--'), row('new')],
      ...(lower ?? []).slice(0, -1),
    ]);
    const text = textOf(encodeFrame(from, to, WHOLE).bytes);
    expect(text).toContain('\x1b[3S');
    expect(text).toContain('\x1b[1T');
    expect(text.length).toBeLessThan(120);
  });

  test('hides the cursor while it draws and brackets the whole where the terminal knows how', () => {
    const to = grid([row('one')], { col: 3, row: 0 });
    const text = textOf(
      encodeFrame(grid([row('two')], { col: 0, row: 0 }), to, { ...WHOLE, hasSync: true }).bytes,
    );
    expect(text.startsWith('\x1b[?2026h\x1b[?25l')).toBe(true);
    expect(text.endsWith('\x1b[1;4H\x1b[?25h\x1b[?2026l')).toBe(true);
  });

  test('stays within 64 KiB and true, even of the dearest screen there can be', async () => {
    const cols = 1000;
    const dear = (offset: number): Row => ({
      glyphs: Array.from({ length: cols }, (_, col) =>
        col % 2 === 0 ? `日${'\u0301'.repeat(14)}` : '',
      ),
      styles: Array.from(
        { length: cols },
        (_, col) =>
          `1;2;3;4;5;7;8;9;53;38;2;2${col % 55};255;255;48;2;255;255;2${offset};4:3;58:2::255:255:254`,
      ),
    });
    const to = grid([dear(10), dear(11), dear(12)]);
    const shifted = grid(
      [dear(13), dear(14), dear(15)].map((each) => ({
        glyphs: [' ', ...each.glyphs.slice(0, -2), ' '],
        styles: each.styles,
      })),
    );
    for (const from of [undefined, shifted]) {
      using screen = new WatchedScreen({ cols, rows: 3 });
      let shown: Grid | undefined = from;
      if (from !== undefined) await screen.write(encodeFrame(undefined, from, FREE).bytes);
      for (let frames = 0; shown !== to; frames += 1) {
        const frame = encodeFrame(shown, to, { ...WHOLE, hasSync: true });
        expect(frame.bytes.length).toBeLessThanOrEqual(64 * 1024);
        expect(frames).toBeLessThan(10);
        await screen.write(frame.bytes);
        expect(screen.differences(frame.reached)).toEqual([]);
        shown = frame.reached;
      }
    }
  });
});
