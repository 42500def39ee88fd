import { expect, test } from 'vitest';
import type { HistoryPage } from '../../../../src/base/history-page.js';
import { paneId } from '../../../../src/base/ids.js';
import { PacedHistory, PageQueue } from '../../../../src/gateway/viewer/history-pages.js';

const REQUEST = { firstLine: 0, count: 1 };
const PAGE: HistoryPage = { firstLine: 0, lines: [], historySize: 0, size: { cols: 1, rows: 1 } };

test('one request is under way, one waits, a third is refused, and a failure lets the next go on', async () => {
  const answers: { resolve(page: HistoryPage): void; reject(error: Error): void }[] = [];
  const queue = new PageQueue(
    () =>
      new Promise((resolve, reject) => {
        answers.push({ resolve, reject });
      }),
  );
  const first = queue.ask(paneId('%0'), REQUEST);
  const second = queue.ask(paneId('%0'), REQUEST);
  await expect(queue.ask(paneId('%0'), REQUEST)).rejects.toThrow('still waiting');
  expect(answers).toHaveLength(1);
  answers[0]?.reject(new Error('the link is lost'));
  await expect(first).rejects.toThrow('the link is lost');
  expect(answers).toHaveLength(2);
  answers[1]?.resolve(PAGE);
  expect(await second).toBe(PAGE);
});

const PANE = paneId('%1');
test('pages of all observers are asked for one after the other, also after one that fails', async () => {
  const asked: number[] = [];
  let underWay = 0;
  const history = new PacedHistory(async (_pane, { firstLine }) => {
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
  const history = new PacedHistory(async (_pane, { firstLine }) => {
    asked.push(firstLine);
    return { ...PAGE, firstLine };
  });
  const many = [-1, -2, -3].map((firstLine) => history.of('olga')(PANE, { firstLine, count: 1 }));
  await Promise.all([...many, history.of('otto')(PANE, { firstLine: -9, count: 1 })]);
  expect(asked).toEqual([-1, -2, -9, -3]);
});
