import { expect, test } from 'vitest';
import { paneId } from '../../../src/base/ids.js';
import { restedHistory } from '../../../src/mirror/rested-history.js';

const PANE = paneId('%1');
const PAGE = { firstLine: 0, lines: [], historySize: 0, size: { cols: 80, rows: 24 } };

test('pages of all observers are asked for one after the other, also after one that fails', async () => {
  const asked: number[] = [];
  let underWay = 0;
  const history = restedHistory(async (_pane, { firstLine }) => {
    asked.push(firstLine);
    underWay += 1;
    expect(underWay).toBe(1);
    await new Promise(setImmediate);
    underWay -= 1;
    if (firstLine === -2) throw new Error('gone');
    return { ...PAGE, firstLine };
  });
  const pages = [-1, -2, -3].map((firstLine) => history(PANE, { firstLine, count: 1 }));
  const outcomes = await Promise.allSettled(pages);
  expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  expect(asked).toEqual([-1, -2, -3]);
});
