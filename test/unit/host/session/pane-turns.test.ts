import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { BusyError, RefusedError, UnavailableError } from '../../../../src/base/errors.js';
import { type PaneId, paneId, paneName } from '../../../../src/base/ids.js';
import { PaneTurns } from '../../../../src/host/session/pane-turns.js';
import { FakeClock } from '../../../helpers/fake-clock.js';

const WORKER = paneName('worker');
const ENGINE = paneName('engine');

function open() {
  const clock = new FakeClock();
  const at = { focus: '%2' };
  const turns = new PaneTurns({ clock, mayReach: (pane) => pane === at.focus });
  const done: string[] = [];
  const person = {};
  const type = (text: string, driver = person) => turns.typed(driver, Buffer.from(text));
  const write = (word: string, pane = WORKER, id = paneId('%2')) =>
    turns.take(
      pane,
      () => id,
      () => Promise.resolve().then(() => void done.push(word)),
    );
  return { clock, at, turns, done, type, write };
}

test('writers to one pane take turns, in the order in which they asked', async () => {
  const { turns, done } = open();
  let release = (): void => undefined;
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  const find = () => paneId('%2');
  const first = turns.take(WORKER, find, () => held.then(() => void done.push('first')));
  const second = turns.take(WORKER, find, () => Promise.resolve(void done.push('second')));
  const other = turns.take(
    ENGINE,
    () => paneId('%1'),
    () => Promise.resolve(void done.push('other')),
  );
  await other;
  expect(done).toEqual(['other']);
  release();
  await Promise.all([first, second]);
  expect(done).toEqual(['other', 'first', 'second']);
});

test.each([
  ['that Enter has ended', 'git status\r', 0],
  ['that was interrupted', 'git st\x03', 0],
  ['that is not ended', 'git st', 1_000],
  ['in the middle of a paste whose piece ends with a line', '\x1b[200~one\r', 1_000],
  ['behind a whole paste', '\x1b[200~one\r\x1b[201~\r', 0],
])('a line %s is waited for as long as it is somebody’s', async (_what, typed, waitMs) => {
  const { clock, done, type, write } = open();
  type(typed);
  const writing = write('text');
  await clock.passWith(Math.max(waitMs - 50, 0));
  expect(done).toEqual(waitMs === 0 ? ['text'] : []);
  await clock.passWith(50);
  await writing;
  expect(done).toEqual(['text']);
});

test('each key starts the pause again, and one who types elsewhere is not waited for', async () => {
  const { clock, at, done, type, write } = open();
  type('a');
  const writing = write('text');
  await clock.passWith(900);
  type('b');
  await clock.passWith(900);
  expect(done).toEqual([]);
  at.focus = '%1';
  await clock.passWith(50);
  await writing;
  expect(done).toEqual(['text']);
});

test('who has left is not waited for', async () => {
  const { turns, done, write } = open();
  const driver = {};
  turns.typed(driver, Buffer.from('a'));
  turns.left(driver);
  await write('text');
  expect(done).toEqual(['text']);
});

test('who types on and on is not waited for longer than ten seconds, by nobody in the line', async () => {
  const { clock, done, type, write } = open();
  type('x');
  const writing = [write('one'), write('two')].map((each) => each.catch((error: unknown) => error));
  for (let ms = 0; ms <= 10_000; ms += 500) {
    await clock.passWith(500);
    type('x');
  }
  const errors = await Promise.all(writing);
  for (const error of errors) {
    expect(error).toBeInstanceOf(BusyError);
    expect(error).toMatchObject({ message: 'somebody has been typing into worker for 10 s' });
  }
  expect(done).toEqual([]);
});

test('people’s keys wait while their pane is written to, and 100 ms at most', async () => {
  const { clock, at, turns } = open();
  let release = (): void => undefined;
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  const writing = turns.take(
    WORKER,
    () => paneId('%2'),
    () => held,
  );
  await setImmediate();
  expect(turns.isHeld).toBe(true);
  at.focus = '%1';
  expect(turns.isHeld).toBe(false);
  at.focus = '%2';
  clock.pass(100);
  expect(turns.isHeld).toBe(false);
  release();
  await writing;
});

test('more than 64 who wait are told so', async () => {
  const { turns, type, write } = open();
  type('a');
  const waiting = Array.from({ length: 65 }, () => write('x').catch(() => undefined));
  await setImmediate();
  await expect(write('x')).rejects.toThrow(BusyError);
  turns.close();
  await Promise.all(waiting);
});

test('a pane whose command ends meanwhile is not written to, and nor is a session that closes', async () => {
  const { clock, turns, done, type } = open();
  const state = { isRunning: true };
  const find = (): PaneId => {
    if (!state.isRunning) throw new RefusedError('the command of worker is not running');
    return paneId('%2');
  };
  const push = () => Promise.resolve(void done.push('x'));
  type('a');
  const writing = turns.take(WORKER, find, push);
  const refused = expect(writing).rejects.toThrow(RefusedError);
  state.isRunning = false;
  await clock.passWith(50);
  await refused;
  state.isRunning = true;
  const late = expect(turns.take(WORKER, find, push)).rejects.toThrow(UnavailableError);
  turns.close();
  await late;
  expect(done).toEqual([]);
});
