import { expect, test } from 'vitest';
import type { SearchRequest } from '../../../../src/base/history-search.js';
import { OwnSlices } from '../../../../src/base/slices.js';
import { copyToClipboard } from '../../../../src/gateway/viewer/clipboard.js';
import { MAX_HELD_LINES } from '../../../../src/gateway/viewer/history-lines.js';
import { HistoryReader } from '../../../../src/gateway/viewer/history-reader.js';
import { search } from '../../../../src/gateway/viewer/history-search.js';
import { Needle, rowText } from '../../../../src/gateway/viewer/row-search.js';
import { plainRows, SimulatedPane } from '../../../helpers/simulated-pane.js';

async function searchHeld(stopAfter: number): Promise<{ slices: number; searched: number }> {
  const pane = new SimulatedPane({ rows: 10, cols: 20, limit: 5000 });
  pane.print(300);
  const source = {
    history: async () => pane.page({ firstLine: -300, count: 310 }),
    search: async (request: SearchRequest) => pane.search(request),
    rowsOf: plainRows,
  };
  const reader = new HistoryReader(source);
  await reader.readNewest();
  const stop = new AbortController();
  let slices = 0;
  const next = async () => {
    slices += 1;
    if (slices === stopAfter) stop.abort();
  };
  const { searched } = await search(reader, {
    ...{ needle: new Needle('nowhere'), direction: 'backward', from: reader.lines.end - 1 },
    ...{ signal: stop.signal, onProgress: () => undefined },
    during: (work) => work({ isOver: true, next }),
  });
  return { slices, searched };
}

test('a search takes turns between two lines of what is held, and stops between two', async () => {
  const whole = await searchHeld(Number.POSITIVE_INFINITY);
  expect(whole.searched).toBeGreaterThanOrEqual(300);
  expect(whole.slices).toBeGreaterThanOrEqual(whole.searched);
  expect((await searchHeld(20)).searched).toBeLessThanOrEqual(20);
});

test('of a selection no more is looked at than the clipboard takes', () => {
  const line = 'e\u0301'.repeat(1000);
  let taken = 0;
  function* lines() {
    for (; taken < MAX_HELD_LINES; taken += 1) yield line;
  }
  const { isCut, bytes } = copyToClipboard(lines());
  expect(isCut).toBe(true);
  expect(bytes.length).toBeGreaterThan(70_000);
  expect(taken).toBeLessThan(30);
});

test('a search through a long history asks for few pages, and shows what it finds as it looks', async () => {
  const pane = new SimulatedPane({ rows: 10, cols: 20, limit: 100_000 });
  pane.print(1, 'here it is');
  pane.print(40_000);
  let asked = 0;
  const meanwhile = () => {
    asked += 1;
    pane.print(5);
  };
  const reader = new HistoryReader({
    history: async (request) => {
      meanwhile();
      return pane.page(request);
    },
    search: async (request) => {
      meanwhile();
      return pane.search(request);
    },
    rowsOf: plainRows,
  });
  await reader.readNewest();
  const scout = reader.scout();
  const { found = Number.NaN } = await search(scout, {
    ...{ needle: new Needle('here it is'), direction: 'backward', from: reader.lines.end - 1 },
    ...{ signal: new AbortController().signal, onProgress: () => undefined },
    during: (work) => work(new OwnSlices()),
  });
  // The host searches 16 pages in one client of tmux's.
  expect(asked).toBeLessThan(12);
  expect(rowText(scout.lines.at(found)?.row ?? { glyphs: [], styles: [] })).toBe('here it is');
  expect(rowText(scout.lines.at(found + 1)?.row ?? { glyphs: [], styles: [] })).toBe('line 1');
  expect(scout.lines.end - scout.lines.first).toBeLessThanOrEqual(MAX_HELD_LINES);
});

test('a search goes on where many lines are blank', async () => {
  const pane = new SimulatedPane({ rows: 10, cols: 20, limit: 100_000 });
  pane.print(1, 'here it is');
  pane.print(3_000, '');
  const reader = new HistoryReader({
    history: async (asked) => pane.page(asked),
    search: async (asked) => pane.search(asked),
    rowsOf: plainRows,
  });
  await reader.readNewest();
  const scout = reader.scout();
  const { found } = await search(scout, {
    ...{ needle: new Needle('here it is'), direction: 'backward', from: reader.lines.end - 1 },
    ...{ signal: new AbortController().signal, onProgress: () => undefined },
    during: (work) => work(new OwnSlices()),
  });
  expect(scout.lines.at(found ?? Number.NaN)?.text).toBe('here it is');
});
