import { appendFileSync, mkdtempSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  MAX_EVENT_TEXT,
  MAX_KEPT_EVENTS,
  type NewHostEvent,
} from '../../../../src/base/host-event.js';
import { paneName, sessionName } from '../../../../src/base/ids.js';
import { EventLog } from '../../../../src/host/events/event-log.js';
import { openLogger } from '../../../../src/log/logger.js';
import { FakeClock } from '../../../helpers/fake-clock.js';
import { withFileLimit, withoutDescriptors } from '../../../helpers/file-limit.js';

let directory = '';
let path = '';
let clock = new FakeClock();
let logged: string[] = [];
let opened: EventLog[] = [];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'triad-events-'));
  path = join(directory, 'events.jsonl');
  clock = new FakeClock();
  logged = [];
  opened = [];
});

afterEach(() => {
  for (const events of opened) events.close();
  rmSync(directory, { recursive: true, force: true });
});

function open(at = path): EventLog {
  const log = openLogger({ level: 'warn', destination: { write: (line) => logged.push(line) } });
  const events = EventLog.open({ path: at, clock, log });
  opened.push(events);
  return events;
}

function event(text: string, more: Partial<NewHostEvent> = {}): NewHostEvent {
  const [session, pane] = [sessionName('pair'), paneName('worker')];
  return { kind: 'notice', session, pane, by: null, text, facts: {}, ...more };
}

const all = { after: 0, count: 500, waitMs: 0 };

test('events are numbered from 1, and on over a restart', async () => {
  const first = open();
  expect([first.record(event('one')).number, first.record(event('two')).number]).toEqual([1, 2]);
  first.close();
  const second = open();
  expect(second.record(event('three')).number).toBe(3);
  const page = await second.read(all);
  expect(page.events.map(({ number, text }) => `${number} ${text}`)).toEqual([
    '1 one',
    '2 two',
    '3 three',
  ]);
  expect(page).toMatchObject({ last: 3, missed: 0 });
  expect(statSync(path).mode & 0o777).toBe(0o600);
});

test('a torn last line and a line of somebody else cost only themselves, and are told', async () => {
  open().record(event('one'));
  appendFileSync(path, 'hello\n{"number":2,"at":1,"ki');
  const events = open();
  events.record(event('two'));
  const again = await open().read(all);
  expect(again.events.map(({ number, text }) => `${number} ${text}`)).toEqual(['1 one', '2 two']);
  expect(logged.join('')).toMatch(/"badLines":2.*lines of the event file left out/);
});

test('a full disk costs nobody an event, and is told once', async () => {
  const events = open();
  withFileLimit(0, () => {
    events.record(event('one'));
    events.record(event('two'));
  });
  expect((await events.read(all)).events).toHaveLength(2);
  expect(logged.filter((line) => line.includes('events not written'))).toHaveLength(1);
});

test('what could not be written is written once the disk takes it again', () => {
  const events = open();
  events.record(event('first'));
  withFileLimit(statSync(path).size + 20, () => events.record(event('before')));
  events.record(event('after'));
  expect(readFileSync(path, 'utf8')).toMatch(/^.*"first".*\n.*"before".*\n.*"after".*\n$/);
});

test('a process without descriptors that is killed gives no number away that is given again', async () => {
  const killed = open();
  killed.record(event('one'));
  renameSync(path, `${path}-old`);
  withoutDescriptors(() => killed.record(event('two')));
  expect((await killed.read(all)).last).toBe(2);
  const next = await open().read(all);
  expect(next.events).toMatchObject([{ number: 3, kind: 'events-lost', facts: { count: 1 } }]);
});

test('only the newest 10,000 are kept, on disk too, and a reader learns how many it missed', async () => {
  const lines = Array.from({ length: MAX_KEPT_EVENTS + 5 }, (_, index) =>
    JSON.stringify({ number: index + 1, at: 1, ...event('x') }),
  );
  appendFileSync(path, `${lines.join('\n')}\n`);
  const events = open();
  expect(await events.read({ ...all, count: 1 })).toMatchObject({
    events: [{ number: 6 }],
    last: MAX_KEPT_EVENTS + 5,
    missed: 5,
  });
  events.record(event('newest'));
  expect(await events.read({ ...all, count: 1 })).toMatchObject({ missed: 6 });
  expect((await events.read({ ...all, after: -2 })).events.map(({ number }) => number)).toEqual([
    MAX_KEPT_EVENTS + 5,
    MAX_KEPT_EVENTS + 6,
  ]);
});

test('a reader that waits gets the next event at once, or an empty page after its time', async () => {
  const events = open();
  const waiting = events.read({ ...all, waitMs: 1000 });
  const { at } = events.record(event('there'));
  expect((await waiting).events).toMatchObject([{ text: 'there' }]);
  const inVain = events.read({ ...all, after: 1, waitMs: 1000 });
  clock.jump(3_600_000);
  clock.pass(1000);
  expect(await inVain).toEqual({ events: [], last: 1, missed: 0, afterAt: at });
  expect(clock.pending).toBe(0);
});

test('at most 1024 wait; one more is refused, and all are answered at the end', async () => {
  const events = open();
  const request = { ...all, waitMs: 20_000 };
  const waiting = Array.from({ length: 1024 }, () => events.read(request));
  await expect(events.read(request)).rejects.toThrow('1024 others wait for events already');
  events.close();
  expect(await Promise.all(waiting)).toHaveLength(1024);
  expect(clock.pending).toBe(0);
});

test('text from outside is cut and without control characters; what was escaped stays as it is', () => {
  const events = open();
  const hostile = `\u001b]0;x\u0007${'y'.repeat(5000)}`;
  const recorded = events.record(
    event(hostile, { by: 'pane:\u0000', facts: { line: hostile, note: '\\x1b is harmless' } }),
  );
  expect(recorded.text).toHaveLength(MAX_EVENT_TEXT);
  expect(JSON.stringify(recorded)).not.toMatch(/\\u001b|\\u0007|\\u0000/);
  expect(recorded.facts['note']).toBe('\\x1b is harmless');
});
