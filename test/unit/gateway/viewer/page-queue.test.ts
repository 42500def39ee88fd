import { expect, test } from 'vitest';
import type { HistoryPage } from '../../../../src/base/history-page.js';
import { paneId } from '../../../../src/base/ids.js';
import { PageQueue } from '../../../../src/gateway/viewer/page-queue.js';

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
