import { mkdtempSync, renameSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { HostEvent } from '../../../../src/base/host-event.js';
import { paneName, sessionName } from '../../../../src/base/ids.js';
import { EventLog } from '../../../../src/host/events/event-log.js';
import type { KeeperState } from '../../../../src/host/keeper/schema.js';
import { freshMemory } from '../../../../src/host/triad/pane-memory.js';
import { RunRecord } from '../../../../src/host/triad/run-record.js';
import type { PaneMemory } from '../../../../src/host/triad/schema.js';
import { FakeClock } from '../../../helpers/fake-clock.js';
import { fileLimit } from '../../../helpers/file-limit.js';
import { quietLog } from '../../../helpers/quiet-log.js';

const [session, worker, other] = [sessionName('pair'), paneName('worker'), paneName('other')];
const NEVER: KeeperState = {
  ...{ running: false, pid: null, starts: 0, startedAt: null, exit: null, hungUp: false },
};
const running = (starts: number): KeeperState => ({
  ...{ ...NEVER, running: true, pid: 100 + starts, starts, startedAt: 1000 * starts },
});
const ended = (starts: number): KeeperState => ({
  ...{ ...NEVER, starts, startedAt: 1000 * starts, exit: { status: 3, signal: 0, at: 1 } },
});

let directory = '';
let opened: EventLog[] = [];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'triad-runs-'));
  opened = [];
});
afterEach(() => {
  for (const events of opened) events.close();
  rmSync(directory, { recursive: true });
});

const path = () => join(directory, 'events.jsonl');

/** A manager that begins with what is on the disk; the one before it was killed. */
function manager() {
  const events = EventLog.open({ path: path(), clock: new FakeClock(), log: quietLog() });
  opened.push(events);
  const record = new RunRecord({
    ...{ session, history: events.panes, record: (event) => events.record(event).number },
    onEnded: () => undefined,
  });
  return { events, record };
}

async function told(events: EventLog): Promise<string[]> {
  const page = await events.read({ after: 0, count: 500, waitMs: 0 });
  return page.events.map(({ kind, facts }) =>
    kind === 'command-ended' && facts['isKnown'] === false
      ? `unknown ${facts['run']}`
      : `${kind.replace('command-', '')} ${facts['run'] ?? facts['to'] ?? facts['count']}`,
  );
}

test('a manager that is killed after any report of a keeper leaves one start and one end of each run', async () => {
  const story = [NEVER, running(1), ended(1), running(2), ended(2)];
  for (let killedAfter = 0; killedAfter < story.length; killedAfter += 1) {
    rmSync(directory, { recursive: true });
    const before = manager();
    for (const state of story.slice(0, killedAfter + 1)) before.record.seen(worker, state);
    const { record, events } = manager();
    // It hears the newest state again, and then the rest.
    for (const state of story.slice(Math.max(killedAfter, 1))) record.seen(worker, state);
    expect(await told(events), `killed after report ${killedAfter}`).toEqual([
      ...['started 1000-1', 'ended 1000-1', 'started 2000-2', 'ended 2000-2'],
    ]);
  }
});

test('a run that started and ended while nobody managed has both on record', async () => {
  const { record, events } = manager();
  record.seen(worker, ended(1));
  expect(await told(events)).toEqual(['started 1000-1', 'ended 1000-1']);
});

test('a run whose keeper is gone has an end, and it is said that how is not known', async () => {
  const first = manager();
  first.record.seen(worker, running(1));
  first.record.seen(other, running(1));
  const { record, events } = manager();
  record.seen(worker, NEVER);
  record.lostAllBut([{ name: worker }], 'its pane is gone');
  record.lostAllBut([], 'its pane is gone');
  expect((await told(events)).slice(2)).toEqual(['unknown 1000-1', 'unknown 1000-1']);
});

test('a file of events that is taken away makes no start or end be told again, and numbers go on', async () => {
  const first = manager();
  first.record.seen(worker, ended(1));
  first.record.seen(other, running(1));
  renameSync(path(), `${path()}-20261130`);
  const second = manager();
  second.record.seen(worker, ended(1));
  second.record.seen(other, running(1));
  expect(await told(second.events)).toEqual([]);
  second.record.seen(other, ended(1));
  expect(await second.events.read({ after: 0, count: 9, waitMs: 0 })).toMatchObject({
    events: [{ number: 4, kind: 'command-ended' }],
  });
});

test('what a killed host could not write on a full disk is told as lost, and found again', async () => {
  const first = manager();
  first.record.seen(worker, running(1));
  {
    using _full = fileLimit(statSync(path()).size + 10);
    first.record.seen(worker, ended(1));
    first.record.seen(worker, running(2));
  }
  const { record, events } = manager();
  record.seen(worker, running(2));
  expect(await told(events)).toEqual([
    ...['started 1000-1', 'events-lost 2', 'unknown 1000-1', 'started 2000-2'],
  ]);
  const page = await events.read({ after: 0, count: 9, waitMs: 0 });
  expect(page.events.map(({ number }) => number)).toEqual([1, 4, 5, 6]);
});

const memory: PaneMemory = {
  ...freshMemory(5),
  state: 'running',
  reason: 'x',
  starts: 1,
  event: 1,
};

function change(events: EventLog, to: string, more: HostEvent['facts'] = {}): number {
  const facts = { from: 'starting', to, reason: 'crashed', pid: null, restarts: 0, exit: null };
  const { since, starts, earlierStarts, crashes, pauses, pauseMs, startsAt, ending } = memory;
  const kept = { since, starts, earlierStarts, crashes, pauses, pauseMs, startsAt, ending };
  const place = { kind: 'pane-state', session, pane: worker, by: null, text: 'x' } as const;
  return events.record({ ...place, facts: { ...facts, ...kept, ...more } }).number;
}

test('a change of state that was recorded and not remembered is remembered as it was', () => {
  const { events, record } = manager();
  change(events, 'running');
  const event = change(events, 'backoff', { crashes: 3, pauses: 3, pauseMs: 8000, startsAt: 9000 });
  expect(record.reconciled(worker, memory)).toEqual({
    ...{ ...memory, state: 'backoff', reason: 'crashed', crashes: 3, pauses: 3, pauseMs: 8000 },
    ...{ startsAt: 9000, event },
  });
});

test('a change of state that is remembered and was lost from the record is recorded once', async () => {
  const { events, record } = manager();
  change(events, 'running');
  const ahead = { ...memory, state: 'failed', event: 7 } as const;
  const now = record.reconciled(worker, ahead);
  expect(now).toEqual({ ...ahead, event: 2 });
  expect(record.reconciled(worker, now)).toEqual(now);
  expect(await told(events)).toEqual(['pane-state running', 'pane-state failed']);
});
