import { expect, test } from 'vitest';
import type { HistoryPage } from '../../../../src/base/history-page.js';
import { paneId } from '../../../../src/base/ids.js';
import type { PaneLines } from '../../../../src/gateway/mirror/mirror-source.js';
import { PacedHistory } from '../../../../src/gateway/viewer/history-pages.js';

const PAGE: HistoryPage = {
  ...{ firstLine: 0, lines: [], texts: [], wrapped: [], historySize: 0 },
  ...{ size: { cols: 1, rows: 1 }, isAlternate: false, costMs: 0 },
};

const PANE = paneId('%1');

function paced(history: PaneLines['history']): PacedHistory {
  const search = () => Promise.reject(new Error('nobody searches here'));
  return new PacedHistory({ history, search });
}

test('pages of all observers are asked for one after the other, also after one that fails', async () => {
  const asked: number[] = [];
  let underWay = 0;
  const history = paced(async (_pane, { firstLine }) => {
    asked.push(firstLine);
    underWay += 1;
    expect(underWay).toBe(1);
    await new Promise(setImmediate);
    underWay -= 1;
    if (firstLine === -2) throw new Error('gone');
    return { ...PAGE, firstLine };
  });
  const pages = [-1, -2, -3].map((firstLine) =>
    history.of('olga').history(PANE, { firstLine, count: 1 }),
  );
  const outcomes = await Promise.allSettled(pages);
  expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  expect(asked).toEqual([-1, -2, -3]);
});

test('an engineer who asks for many pages waits for them; a colleague has the next', async () => {
  const asked: number[] = [];
  const history = paced(async (_pane, { firstLine }) => {
    asked.push(firstLine);
    return { ...PAGE, firstLine };
  });
  const many = [-1, -2, -3].map((firstLine) =>
    history.of('olga').history(PANE, { firstLine, count: 1 }),
  );
  await Promise.all([...many, history.of('otto').history(PANE, { firstLine: -9, count: 1 })]);
  expect(asked).toEqual([-1, -2, -9, -3]);
});
