import { fc, test as property } from '@fast-check/vitest';
import { describe, expect, test } from 'vitest';
import { MAX_HELD_LINES } from '../../../../src/gateway/viewer/history-lines.js';
import { HistoryReader } from '../../../../src/gateway/viewer/history-reader.js';
import { count } from '../../../helpers/counts.js';
import { plainRows, SimulatedPane } from '../../../helpers/simulated-pane.js';

const GAP = '── lines are missing here ──';

function readerOf(pane: SimulatedPane, meanwhile: () => void = () => undefined): HistoryReader {
  return new HistoryReader({
    history: async (request) => {
      meanwhile();
      return pane.page(request);
    },
    search: async (request) => pane.search(request),
    rowsOf: plainRows,
  });
}

function textsOf(reader: HistoryReader): string[] {
  const { first, end } = reader.lines;
  return Array.from(
    { length: end - first },
    (_, index) => reader.lines.at(first + index)?.text ?? '',
  );
}

/** Numbered lines rise by one; only behind a gap they may rise by more. */
function expectWhole(texts: readonly string[]): void {
  let last: number | undefined;
  let isAfterGap = false;
  for (const text of texts) {
    const number = /^line (\d+)$/.exec(text)?.[1];
    if (text === GAP) isAfterGap = true;
    if (number === undefined) continue;
    const wanted = (last ?? Number(number) - 1) + 1;
    if (isAfterGap) expect(Number(number)).toBeGreaterThanOrEqual(wanted);
    else expect(Number(number)).toBe(wanted);
    last = Number(number);
    isAfterGap = false;
  }
}

function pane(lines: number, limit = 5000): SimulatedPane {
  const made = new SimulatedPane({ rows: 10, cols: 20, limit });
  made.print(lines);
  return made;
}

describe('pages', () => {
  test('are joined to the oldest line, with nothing twice and nothing missing', async () => {
    const reader = readerOf(pane(700));
    await reader.readNewest();
    while ((await reader.readOlder()) === 'grown') expectWhole(textsOf(reader));
    expect(textsOf(reader).filter((text) => text !== '')).toHaveLength(700);
    expect(reader.lines.hasOldest).toBe(true);
  });

  test('are joined while the session goes on', async () => {
    const buffer = pane(2000);
    const reader = readerOf(buffer, () => buffer.print(37));
    await reader.readNewest();
    for (let page = 0; page < 3; page += 1) expect(await reader.readOlder()).toBe('grown');
    for (let page = 0; page < 3; page += 1) await reader.readNewer();
    const texts = textsOf(reader);
    expect(texts).not.toContain(GAP);
    expectWhole(texts);
  });

  test('are joined by their content where the buffer has dropped its oldest tenth', async () => {
    const buffer = pane(1005, 1000);
    const reader = readerOf(buffer);
    await reader.readNewest();
    const before = buffer.historySize;
    buffer.print(120);
    expect(buffer.historySize).toBeLessThan(before + 120);
    expect(await reader.readOlder()).toBe('grown');
    expect(await reader.readNewer()).toBe('grown');
    expect(textsOf(reader)).not.toContain(GAP);
    expect(textsOf(reader).at(-1)).toBe('line 1124');
    expectWhole(textsOf(reader));
  });

  test('start after a mark where lines are gone for good', async () => {
    const buffer = pane(300, 100);
    const reader = readerOf(buffer);
    await reader.readNewest();
    buffer.print(1000);
    expect(await reader.readNewer()).toBe('grown');
    expect(textsOf(reader).filter((text) => text === GAP)).toHaveLength(1);
    expectWhole(textsOf(reader));
  });

  test('start after a mark where the session is faster than the requests', async () => {
    const buffer = pane(1000, 1_000_000);
    const reader = readerOf(buffer, () => buffer.print(2000));
    await reader.readNewest();
    expect(await reader.readNewer()).toBe('grown');
    expect(textsOf(reader)).toContain(GAP);
    expectWhole(textsOf(reader));
  });

  test('say that nobody can tell where older lines are once the history was cleared', async () => {
    const buffer = pane(1000);
    const reader = readerOf(buffer);
    await reader.readNewest();
    const held = textsOf(reader);
    buffer.clearHistory();
    buffer.print(50);
    expect(await reader.readOlder()).not.toBe('grown');
    expectWhole(textsOf(reader));
    expect(textsOf(reader).slice(0, 100)).toEqual(held.slice(0, 100));
  });

  test('take the place of what was still on the screen and has changed', async () => {
    const buffer = pane(100);
    buffer.repaint('draft');
    const reader = readerOf(buffer);
    await reader.readNewest();
    expect(textsOf(reader)).toContain('draft 3');
    buffer.repaint('final');
    buffer.print(30);
    await reader.readNewer();
    const texts = textsOf(reader);
    expect(texts.filter((text) => text.startsWith('draft'))).toEqual([]);
    expect(texts.filter((text) => text.startsWith('final'))).toHaveLength(10);
  });

  test('are asked for again at most three times, and reach the oldest line at once', async () => {
    const buffer = pane(4000);
    let asked = 0;
    const reader = readerOf(buffer, () => {
      asked += 1;
      buffer.print(900);
    });
    await reader.readNewest();
    await reader.readOlder();
    expect(asked).toBeLessThanOrEqual(4);
    asked = 0;
    await readerOf(buffer, () => (asked += 1)).readOldest();
    expect(asked).toBeLessThanOrEqual(3);
  });
});

test('only so many lines are held, and those far from the view are fetched again', async () => {
  const reader = readerOf(pane(4000));
  await reader.readNewest();
  for (let page = 0; page < 12; page += 1) {
    await reader.readOlder();
    reader.lines.trimAround(reader.lines.first);
    expect(reader.lines.end - reader.lines.first).toBeLessThanOrEqual(MAX_HELD_LINES);
    expectWhole(textsOf(reader));
  }
  expect(reader.lines.hasNewest).toBe(false);
  while ((await reader.readNewer()) === 'grown') {
    reader.lines.trimAround(reader.lines.end);
    expectWhole(textsOf(reader));
  }
  expect(textsOf(reader).at(-1)).toBe('line 3999');
  expect(reader.lines.end - reader.lines.first).toBeLessThanOrEqual(MAX_HELD_LINES);
});

const step = fc.oneof(
  fc.constantFrom('older' as const, 'newer' as const, 'oldest' as const, 'newest' as const),
  fc.nat({ max: 400 }),
);

property.prop(
  [fc.array(step, { maxLength: 30 }), fc.integer({ min: 30, max: 1500 }), fc.nat({ max: 60 })],
  { numRuns: count(60, 600) },
)(
  'no line is shown twice or lost without a mark, whatever the session does',
  async (steps, limit, speed) => {
    const buffer = pane(600, limit);
    const reader = readerOf(buffer, () => buffer.print(speed));
    await reader.readNewest();
    for (const one of steps) {
      if (typeof one === 'number') buffer.print(one);
      else if (one === 'older') await reader.readOlder();
      else if (one === 'newer') await reader.readNewer();
      else if (one === 'oldest') await reader.readOldest();
      else await reader.readNewest();
      reader.lines.trimAround(reader.lines.first + 5);
      expectWhole(textsOf(reader));
      expect(reader.lines.end - reader.lines.first).toBeLessThanOrEqual(MAX_HELD_LINES);
    }
  },
);
