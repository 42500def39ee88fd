import { fc, test as property } from '@fast-check/vitest';
import { describe, expect, test } from 'vitest';
import type { Grid } from '../../../../src/gateway/mirror/grid.js';
import { KeyDecoder } from '../../../../src/gateway/viewer/key-decoder.js';
import { count } from '../../../helpers/counts.js';
import { ENDING, floods, harmlessInputs, LEAVING } from '../../../helpers/observer-inputs.js';
import { ViewedSession } from '../../../helpers/viewed-session.js';

const OSC_52 = /^\x1b\]52;c;[A-Za-z0-9+/=]*\x07$/;

/** As wide and high as it says, whole wide characters, and a cursor that is inside. */
function expectValid(grid: Grid, cols: number, rows: number): void {
  expect([grid.cols, grid.rows.length]).toEqual([cols, rows]);
  for (const { glyphs, styles } of grid.rows) {
    if (glyphs.length !== cols || styles.length !== cols || glyphs[0] === '') {
      expect.fail(`a row of ${glyphs.length} cells, first ${JSON.stringify(glyphs[0])}`);
    }
    if (/\p{Cc}/u.test(glyphs.join(''))) expect.fail('a control character');
  }
  if (grid.cursor !== null) {
    expect(grid.cursor.col).toBeLessThan(cols);
    expect(grid.cursor.row).toBeLessThan(rows);
  }
}

function expectHarmless(session: ViewedSession): void {
  for (const bytes of session.written) expect(bytes).toMatch(OSC_52);
  for (const { request } of session.asked) {
    expect(request.count).toBeGreaterThan(0);
    expect(request.count).toBeLessThanOrEqual(500);
    expect(Number.isSafeInteger(request.firstLine)).toBe(true);
  }
}

function keysOf(...pieces: readonly Uint8Array[]): string[] {
  const keys: string[] = [];
  const decoder = new KeyDecoder({
    onKey: (key) => keys.push(key),
    onAnswer: () => undefined,
  });
  for (const piece of pieces) decoder.receive(piece);
  return keys;
}

describe('hostile input', () => {
  test.each(harmlessInputs())('$name changes nothing outside, and q leaves', async ({ bytes }) => {
    using session = new ViewedSession();
    session.buffer.print(60);
    session.viewer.receive(bytes);
    for (const byte of bytes) session.viewer.receive(Uint8Array.of(byte));
    expectHarmless(session);
    expect(session.hasLeft).toBe(false);
    expectValid(session.screen(), 80, 24);
    await session.type(ENDING.toString('latin1'), '\x1b', 'q');
    expect(session.hasLeft).toBe(true);
  });

  test.each(floods())('$name changes nothing outside, and q leaves', async ({ bytes }) => {
    using session = new ViewedSession();
    session.viewer.receive(bytes);
    expectHarmless(session);
    expect(session.asked.length).toBeLessThan(4);
    await session.type('\x1b', 'q');
    expect(session.hasLeft).toBe(true);
  });

  test.each(LEAVING)('$name', async ({ bytes }) => {
    using session = new ViewedSession();
    session.viewer.receive(bytes);
    expect(session.hasLeft).toBe(true);
  });
});

test.each(['\x1b]', '\x1bP', '\x1bX', '\x1b^', '\x1b_', '\x1b[', '\x1bO', '\x1b[M', '\x1b[200~'])(
  'after %j a q within half a second is part of it, and a later one leaves',
  (begin) => {
    const keysAfter = (gapMs: number): string[] => {
      let nowMs = 0;
      const keys: string[] = [];
      const sink = { onKey: (key: string) => keys.push(key), onAnswer: () => undefined };
      const decoder = new KeyDecoder(sink, () => nowMs);
      decoder.receive(Buffer.from(begin));
      nowMs += gapMs;
      decoder.receive(Buffer.from('q'));
      return keys;
    };
    expect(keysAfter(500)).toEqual([]);
    expect(keysAfter(501)).toEqual(['q']);
  },
);

describe('a paste', () => {
  test('that never ends holds keys back for 64 KiB and no longer', () => {
    const begin = Buffer.from('\x1b[200~');
    const body = Buffer.alloc(64 * 1024, 'x');
    expect(keysOf(begin, body, Buffer.from('q'))).toEqual([]);
    expect(keysOf(begin, body, Buffer.from('xq'))).toEqual(['q']);
  });
});

test.each([
  ['\x1b', ['Escape']],
  ['\x1b\x1b', ['Escape', 'Escape']],
  ['\x1bx', ['Escape', 'x']],
  ['\u6f22\ud83d\ude42\u00e4', ['\u6f22', '\ud83d\ude42', '\u00e4']],
  ['\x1b[1;5A\x1bOB\x1b[6~\x1b[5;3~', ['Up', 'Down', 'NPage', 'PPage']],
  ['\x1b[<68;1;1M\x1b[<0;1;1M\x1b[<64;1;1m', ['WheelUp']],
  ['\x02d\x02[', ['Detach', '[']],
  ['\r\n\t\x7f\b', ['Enter', 'Enter', 'Tab', 'BSpace', 'BSpace']],
])('%j is the keys %j', (text, keys) => {
  expect(keysOf(Buffer.from(text))).toEqual(keys);
});

/** What people and programs send, and anything at all. */
const piece = fc.oneof(
  fc.uint8Array({ maxLength: 12 }),
  fc
    .constantFrom(
      ...['[', '/', '?', 'v', 'y', '\r', 'z', '2', '3', '\t', 'g', 'G', 'n', 'k', 'b', 'line 1'],
      ...['\x1b', '\x1b[5~', '\x1b[6~', '\x1b[<64;1;1M', '\x1b[200~', '\x1b[201~', '\x02', '\x1b]'],
    )
    .map((text) => Buffer.from(text)),
);

property.prop([fc.array(piece, { maxLength: 40 })], { numRuns: count(60, 2000) })(
  'any input in any cut reaches nothing outside, and Escape, then Ctrl-C leaves afterwards',
  async (pieces) => {
    using session = new ViewedSession();
    session.buffer.print(300);
    for (const bytes of pieces) {
      session.viewer.receive(bytes);
      await session.type('');
      expectHarmless(session);
      if (!session.hasLeft) expectValid(session.screen(), 80, 24);
    }
    // Out of a paste, a sequence, a prompt or a search; the last one leaves.
    await session.type('\x03', '\x1b', '\x03');
    expect(session.hasLeft).toBe(true);
  },
);

const size = fc.record({
  cols: fc.integer({ min: 1, max: 500 }),
  rows: fc.integer({ min: 1, max: 200 }),
});

property.prop([size, size, fc.array(piece, { maxLength: 8 }), size], { numRuns: count(40, 1000) })(
  'a terminal of any size before a window of any size shows a whole screen of its own size',
  async (window, terminal, pieces, next) => {
    using session = new ViewedSession({ window, size: terminal });
    session.buffer.print(100);
    expectValid(session.screen(), terminal.cols, terminal.rows);
    for (const bytes of pieces) await session.type(Buffer.from(bytes).toString('latin1'));
    session.viewer.resize(next);
    if (!session.hasLeft) expectValid(session.screen(), next.cols, next.rows);
  },
);
