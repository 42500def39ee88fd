import { expect, test } from 'vitest';
import { UnavailableError } from '../../../../src/base/errors.js';
import type { SearchRequest } from '../../../../src/base/history-search.js';
import { paneId } from '../../../../src/base/ids.js';
import { OwnSlices } from '../../../../src/base/slices.js';
import { searchHistory } from '../../../../src/host/tmux/history-search.js';
import { PrivateTmux } from '../../../helpers/private-tmux.js';

const slices = new OwnSlices();
const LINES = 3_000;

/** A pane of 80x24 that has printed numbered lines, and prints more when Enter is pressed. */
async function counting(limit: number) {
  const tmux = await PrivateTmux.start();
  await tmux.ask('set-option', '-g', 'history-limit', `${limit}`);
  const script = `seq -f 'line %.0f.' ${LINES}; echo ready; read -r go; seq -f 'more %.0f.' ${LINES}; echo done; exec cat`;
  const id = paneId(await tmux.ask('new-window', '-P', '-F', '#{pane_id}', 'sh', '-c', script));
  Object.assign(tmux, { pane: id });
  await tmux.shows('ready');
  const pane = { sessionId: tmux.sessionId, id };
  const search = (request: Partial<SearchRequest> & Pick<SearchRequest, 'text'>) =>
    searchHistory(tmux.server, pane, {
      ...{ direction: 'backward', firstLine: -1, historySize: LINES - 22 },
      ...{ pageLines: 300, pages: 4, ...request, slices },
    });
  return { tmux, search, [Symbol.asyncDispose]: () => tmux[Symbol.asyncDispose]() };
}

test('a search goes back from page to page, and says where to go on', async () => {
  await using opened = await counting(10_000);
  const asked = { text: 'LINE 77.'.toLowerCase() };
  let answer = await opened.search(asked);
  let searched = 0;
  for (let pages = 4; answer.found === null && answer.next !== null; pages += 1) {
    expect(answer.searched).toBeGreaterThan(1_000);
    searched += answer.searched;
    const { next: firstLine, historySize } = answer;
    answer = await opened.search({ ...asked, firstLine, historySize, pages });
  }
  // Of 2,978 lines that have scrolled off, those from the 77th on.
  expect(searched + answer.searched).toBe(LINES - 22 - 76);
  expect(answer.found).toMatchObject({ line: 76 - answer.historySize });
  const { found } = answer;
  expect(found?.texts[found.line - found.firstLine]).toBe('line 77.');
});

test('a search forward ends with the screen', async () => {
  await using opened = await counting(10_000);
  const from = { direction: 'forward', firstLine: -500 } as const;
  const ready = await opened.search({ ...from, text: 'ready' });
  expect(ready.found).toMatchObject({ line: 22 });
  const nowhere = await opened.search({ ...from, text: 'nowhere' });
  expect(nowhere).toMatchObject({ next: null, found: null });
  // The screen has 24 rows.
  expect(nowhere.searched).toBe(524);
  expect(await opened.search({ ...from, firstLine: 24, text: 'ready' })).toMatchObject({
    ...{ next: null, searched: 0 },
  });
});

test('a search goes on where the lines went that were counted before more came', async () => {
  await using opened = await counting(10_000);
  await opened.tmux.ask('send-keys', '-t', opened.tmux.pane, 'Enter');
  await opened.tmux.shows('done');
  const { found, historySize } = await opened.search({ text: 'line 2800.' });
  expect(found).toMatchObject({ line: 2_799 - historySize });
});

test('what tmux dropped meanwhile is noticed, and nothing is said of other lines', async () => {
  await using opened = await counting(4_000);
  await opened.tmux.ask('send-keys', '-t', opened.tmux.pane, 'Enter');
  await opened.tmux.shows('done');
  const size = Number(
    await opened.tmux.ask('display-message', '-p', '-t', opened.tmux.pane, '#{history_size}'),
  );
  const before = { firstLine: -1, historySize: size + 100 };
  const answer = await opened.search({ ...before, text: 'nowhere', pages: 1 });
  // A tenth of the limit has gone: the line that was next has another number.
  expect(answer).toMatchObject({ searched: 0, historySize: size, next: size + 99 - 400 - size });
});

test('a pane that is gone is not searched', async () => {
  await using opened = await counting(1_000);
  const { tmux } = opened;
  const gone = { sessionId: tmux.sessionId, id: paneId('%99') };
  const about = { direction: 'backward', firstLine: -1, historySize: 9 } as const;
  const search = searchHistory(tmux.server, gone, {
    ...about,
    ...{ text: 'x', pageLines: 99, pages: 1, slices },
  });
  await expect(search).rejects.toThrow(UnavailableError);
});
