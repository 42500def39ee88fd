import { expect, test } from 'vitest';
import { ConfigurationError } from '../../../../src/base/errors.js';
import { type SessionName, sessionName } from '../../../../src/base/ids.js';
import type { SessionPlan } from '../../../../src/host/plan/session-plan.js';
import { type ReloadedSession, Reloads } from '../../../../src/host/session/reloads.js';
import { planOf } from '../../../helpers/session-plan.js';

const plan = (name: string) => planOf({ name, panes: [{ name: 'worker', command: ['cat'] }] }, '/');

/** Sessions that only note what is done to them. */
class Room {
  readonly done: string[] = [];
  readonly sessions = new Map<SessionName, ReloadedSession>();
  readonly goingOn = new Set<SessionName>();
  readonly reloads: Reloads<ReloadedSession>;
  plans: readonly SessionPlan[] | Error = [];
  failing = '';

  constructor(...names: string[]) {
    for (const name of names.map(sessionName)) {
      this.sessions.set(name, this.#session(name));
      this.goingOn.add(name);
    }
    this.reloads = new Reloads({
      readPlans: () =>
        this.plans instanceof Error ? Promise.reject(this.plans) : Promise.resolve(this.plans),
      make: ({ name }) => this.#session(name),
      ...{ sessions: this.sessions, goingOn: this.goingOn },
    });
  }

  #session(name: SessionName): ReloadedSession {
    const note = async (what: string) => {
      await Promise.resolve();
      this.done.push(`${what} ${name}`);
      if (this.failing === `${what} ${name}`) throw new Error('broken');
    };
    return {
      open: () => note('open'),
      end: () => note('end'),
      letGo: () => undefined,
      close: () => Promise.resolve(),
      abandon: () => note('abandon'),
      apply: async () => {
        await note('apply');
        return [{ session: name, pane: null, change: 'changed' }];
      },
    };
  }
}

test('sessions that are new are made, those that are gone ended, the others changed', async () => {
  const room = new Room('old', 'pair');
  room.plans = [plan('pair'), plan('new')];
  expect(await room.reloads.run()).toEqual({
    changes: [
      { session: 'old', pane: null, change: 'removed' },
      { session: 'pair', pane: null, change: 'changed' },
      { session: 'new', pane: null, change: 'added' },
    ],
  });
  expect(room.done).toEqual(['end old', 'apply pair', 'open new']);
  expect([...room.sessions.keys()]).toEqual(['pair', 'new']);
  expect([...room.goingOn]).toEqual(['pair', 'new']);
});

test('a wrong file changes nothing', async () => {
  const room = new Room('pair');
  room.plans = new ConfigurationError(['a:1:1: wrong', 'a:2:1: wrong, too']);
  await expect(room.reloads.run()).rejects.toMatchObject({ problems: { length: 2 } });
  expect(room.done).toEqual([]);
  room.plans = [plan('pair')];
  expect((await room.reloads.run()).changes).toHaveLength(1);
});

test('a session that cannot be made is taken back, and the others are changed all the same', async () => {
  const room = new Room('pair');
  room.plans = [plan('new'), plan('pair')];
  room.failing = 'open new';
  await expect(room.reloads.run()).rejects.toThrow('not all of triad.yaml');
  expect(room.done).toEqual(['open new', 'abandon new', 'apply pair']);
  expect([...room.sessions.keys()]).toEqual(['pair']);
});

test('a session that somebody has ended is not started again', async () => {
  const room = new Room('pair', 'other');
  room.goingOn.delete(sessionName('pair'));
  room.plans = [plan('pair'), plan('other')];
  await room.reloads.run();
  expect(room.done).toEqual(['apply other']);
});

test('reloads run one after the other; eight may wait, one more is refused', async () => {
  const room = new Room('pair');
  room.plans = [plan('pair')];
  const all = Array.from({ length: 9 }, () => room.reloads.run());
  await expect(room.reloads.run()).rejects.toThrow('8 others wait already');
  await Promise.all(all);
  expect(room.done).toHaveLength(9);
});
