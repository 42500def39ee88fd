import { expect, test } from 'vitest';
import type { PaneRow } from '../../../src/triad/pane-row.js';
import { SessionCheck } from '../../../src/triad/session-check.js';
import { FakeClock } from '../../helpers/fake-clock.js';
import { quietLog } from '../../helpers/quiet-log.js';

const rowOf = (id: string, isDead = 0) => `${id} @1 ${isDead} 1 4711 b25d,80x24,0,0,0 worker`;

function checked() {
  const clock = new FakeClock();
  const told = { rows: [] as string[][], rounds: 0, isWell: true };
  const tmux = { answer: [rowOf('%1')], questions: 0 };
  const check = new SessionCheck({
    ...{ clock, log: quietLog() },
    ask: () => {
      tmux.questions += 1;
      return Promise.resolve([...tmux.answer]);
    },
    onRows: (rows: readonly PaneRow[]) => {
      told.rows.push(rows.map(({ id, isDead }) => `${id} ${isDead}`));
      return Promise.resolve(told.isWell);
    },
    onRound: () => {
      told.rounds += 1;
      return Promise.resolve();
    },
  });
  check.start();
  return { clock, told, tmux, check };
}

test('an answer that stays the same is gone through once a second, another one at once', async () => {
  const { clock, told, tmux, check } = checked();
  await clock.passWith(10_000);
  expect(tmux.questions).toBe(50);
  expect([told.rows.length, told.rounds]).toEqual([11, 10]);
  tmux.answer = [rowOf('%1', 1)];
  await clock.passWith(200);
  expect(told.rows.at(-1)).toEqual(['%1 true']);
  check.stop();
});

test('while something is not well, each look tells of it', async () => {
  const { clock, told, check } = checked();
  told.isWell = false;
  await clock.passWith(2_000);
  expect(told.rows).toHaveLength(10);
  check.stop();
});
