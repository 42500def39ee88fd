import { expect, test } from 'vitest';
import { UnavailableError } from '../../../../src/base/errors.js';
import type { HistoryRequest } from '../../../../src/base/history-page.js';
import { paneId } from '../../../../src/base/ids.js';
import { OwnSlices } from '../../../../src/base/slices.js';
import { captureHistory } from '../../../../src/host/tmux/pane-history.js';
import { PrivateTmux } from '../../../helpers/private-tmux.js';

const slices = new OwnSlices();

/** A pane of 80x24 that shows the last of 100 numbered lines, and what asks for pages of it. */
async function open() {
  const script = 'i=1; while [ $i -le 100 ]; do echo "line $i"; i=$((i+1)); done; exec cat';
  const tmux = await PrivateTmux.start({ command: ['sh', '-c', script] });
  await tmux.shows('line 100');
  const pane = { sessionId: tmux.sessionId, id: tmux.pane };
  const page = (firstLine: number, count: number) =>
    captureHistory(tmux.server, pane, { firstLine, count, slices });
  const historySize = Number(
    await tmux.ask('display-message', '-p', '-t', tmux.pane, '#{history_size}'),
  );
  return { tmux, page, historySize, [Symbol.asyncDispose]: () => tmux[Symbol.asyncDispose]() };
}

test('a page has the lines that were asked for, with what they belong to', async () => {
  await using opened = await open();
  const { page, historySize } = opened;
  const lines = [-3, -2, -1, 0, 1].map((line) => `line ${historySize + line + 1}`);
  const about = { firstLine: -3, historySize, size: { cols: 80, rows: 24 }, isAlternate: false };
  const { costMs, ...found } = await page(-3, 5);
  expect(found).toEqual({ ...about, lines, texts: lines, wrapped: [] });
  expect(costMs).toBeGreaterThan(0);
});

test('a page that begins before the oldest line says where it begins', async () => {
  await using opened = await open();
  const { page, historySize } = opened;
  expect(await page(-historySize - 2, 4)).toMatchObject({
    firstLine: -historySize,
    lines: ['line 1', 'line 2'],
  });
  expect(await page(-historySize, 1)).toMatchObject({ lines: ['line 1'] });
});

test('a page that ends after the last line has what there is', async () => {
  await using opened = await open();
  const { lines, firstLine } = await opened.page(22, 500);
  expect({ lines, firstLine }).toEqual({ lines: ['line 100', ''], firstLine: 22 });
});

test.each([
  ['before all lines', -1_000_000_000, 500],
  ['just before the first', -78 - 5, 5],
  ['after all lines', 24, 5],
  ['far after all lines', 1000, 500],
])('a page %s is empty', async (_where, firstLine, count) => {
  await using opened = await open();
  expect(opened.historySize).toBe(78 - 1);
  expect((await opened.page(firstLine, count)).lines).toEqual([]);
});

test('a page keeps colours and line drawing, each line complete in itself', async () => {
  const script = "printf '\\033[31mred\\nstill\\033[0m\\n\\033(0lqk\\n\\033(B'; exec cat";
  await using tmux = await PrivateTmux.start({ command: ['sh', '-c', script] });
  await tmux.shows('lqk');
  const pane = { sessionId: tmux.sessionId, id: tmux.pane };
  const { lines } = await captureHistory(tmux.server, pane, {
    firstLine: 0,
    count: 3,
    slices,
  });
  expect(lines).toEqual(['\x1b[31mred\x1b[0m', '\x1b[31mstill\x1b[0m', '┌─┐']);
});

test('a pane that is gone, or of another session, has no history here', async () => {
  await using opened = await open();
  const { tmux } = opened;
  const other = await tmux.ask('new-session', '-d', '-P', '-F', '#{pane_id}', 'sh', '-c', 'cat');
  for (const id of [paneId('%99'), paneId(other)]) {
    const page = captureHistory(
      tmux.server,
      { sessionId: tmux.sessionId, id },
      { firstLine: 0, count: 1, slices },
    );
    await expect(page).rejects.toThrow(UnavailableError);
  }
});

/** What a pane of 80x24 shows that has printed this. */
async function shown(printed: string, request: Partial<HistoryRequest> = {}) {
  await using tmux = await PrivateTmux.start({
    command: ['sh', '-c', `printf '${printed}\\nend\\n'; exec cat`],
  });
  await tmux.shows('end');
  const pane = { sessionId: tmux.sessionId, id: tmux.pane };
  const range = { firstLine: 0, count: 24, ...request };
  return await captureHistory(tmux.server, pane, { ...range, slices });
}

test('a page tells which lines go on in the next one, blank or wide at the end, too', async () => {
  const long = 'x'.repeat(200);
  const spaced = `${'y'.repeat(78)}  z`;
  const wide = `w${'漢'.repeat(50)}`;
  const { texts, wrapped } = await shown(['short', long, '', spaced, wide].join('\\n'));
  expect(texts.slice(0, 8).map((text) => text[0] ?? '')).toEqual([
    's',
    'x',
    'x',
    'x',
    '',
    'y',
    'z',
    'w',
  ]);
  expect(wrapped).toEqual([1, 2, 5, 7]);
  expect((await shown(long, { count: 2 })).wrapped).toEqual([0, 1]);
});

test('a line whose last row is blank is one line', async () => {
  const { wrapped } = await shown(`${'a'.repeat(80)}${' '.repeat(20)}\\nnext`);
  expect(wrapped).toEqual([0]);
});

test('a page tells that the program has the alternate screen', async () => {
  expect(await shown('\\033[?1049h')).toMatchObject({ isAlternate: true });
});
