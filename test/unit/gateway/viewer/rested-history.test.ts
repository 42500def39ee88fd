import { expect, test } from 'vitest';
import { paneId } from '../../../../src/base/ids.js';
import { RestedHistory } from '../../../../src/gateway/viewer/rested-history.js';

const PANE = paneId('%1');
const PAGE = { firstLine: 0, lines: [], historySize: 0, size: { cols: 80, rows: 24 } };

test('pages of all observers are asked for one after the other, also after one that fails', async () => {
  const asked: number[] = [];
  let underWay = 0;
  const history = new RestedHistory(async (_pane, { firstLine }) => {
    asked.push(firstLine);
    underWay += 1;
    expect(underWay).toBe(1);
    await new Promise(setImmediate);
    underWay -= 1;
    if (firstLine === -2) throw new Error('gone');
    return { ...PAGE, firstLine };
  });
  const pages = [-1, -2, -3].map((firstLine) => history.of('olga')(PANE, { firstLine, count: 1 }));
  const outcomes = await Promise.allSettled(pages);
  expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  expect(asked).toEqual([-1, -2, -3]);
});

test('an engineer who asks for many pages waits for them; a colleague has the next', async () => {
  const asked: number[] = [];
  const history = new RestedHistory(async (_pane, { firstLine }) => {
    asked.push(firstLine);
    return { ...PAGE, firstLine };
  });
  const many = [-1, -2, -3].map((firstLine) => history.of('olga')(PANE, { firstLine, count: 1 }));
  await Promise.all([...many, history.of('otto')(PANE, { firstLine: -9, count: 1 })]);
  expect(asked).toEqual([-1, -2, -9, -3]);
});
