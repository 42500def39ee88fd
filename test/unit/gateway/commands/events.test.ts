import { expect, test } from 'vitest';
import { localTimeText } from '../../../../src/base/calendar-time.js';
import type { HostEvent } from '../../../../src/base/host-event.js';
import { paneName, sessionName } from '../../../../src/base/ids.js';
import { Executed, textOf } from '../../../helpers/executed.js';

function event(number: number, parts: Partial<HostEvent> = {}): HostEvent {
  const place = { session: sessionName('pair'), pane: paneName('worker'), by: null };
  const at = Date.UTC(2026, 0, 1) + number * 1000;
  return {
    number,
    at,
    kind: 'pane-state',
    ...place,
    text: `change ${number}`,
    facts: {},
    ...parts,
  };
}

/** A host with these events; `onWait` is called when somebody waits for more. */
function hostWith(events: HostEvent[], onWait: () => void = () => undefined): Executed {
  return new Executed({
    events: async ({ after, count, waitMs }) => {
      const last = events.at(-1)?.number ?? 0;
      const from = after < 0 ? last + after : after;
      const page = events.filter(({ number }) => number > from).slice(0, count);
      if (page.length === 0 && waitMs > 0) {
        await new Promise((resolve) => setTimeout(resolve, 1));
        onWait();
      }
      const afterAt = events.find(({ number }) => number === from)?.at ?? null;
      return { events: page, last, missed: 0, afterAt };
    },
  });
}

const many = (count: number) => Array.from({ length: count }, (_, index) => event(index + 1));

test('the last 20 are shown with time, place, kind, text and cause', async () => {
  const verbs = hostWith([
    ...many(30),
    event(31, { by: 'pane:engine', text: 'signalled \x1b[2J' }),
  ]);
  const lines = (await verbs.text(['events'])).trimEnd().split('\n');
  expect(lines).toHaveLength(20);
  expect(lines[0]).toBe(
    `${localTimeText(Date.UTC(2026, 0, 1, 0, 0, 12))}  pair:worker  pane-state  change 12`,
  );
  expect(lines.at(-1)).toBe(
    `${localTimeText(Date.UTC(2026, 0, 1, 0, 0, 31))}  pair:worker  pane-state  signalled \\x1b[2J (by pane:engine)`,
  );
});

test('JSON is one object per line, safe for a terminal', async () => {
  const verbs = hostWith([event(1, { text: 'c1 \u009b2J', facts: { from: 'running' } })]);
  const text = await verbs.text(['events', '--json']);
  expect(text).toMatch(/^[ -~]+\n$/);
  expect(JSON.parse(text)).toEqual({
    ...{ number: 1, at: '2026-01-01T00:00:01.000Z', kind: 'pane-state', session: 'pair' },
    ...{ pane: 'worker', by: null, text: 'c1 \u009b2J', facts: { from: 'running' } },
  });
});

test('somebody sees events of their sessions alone, as many as they asked for, and the host’s as an admin', async () => {
  const other = (number: number) => event(number, { session: sessionName('other') });
  const verbs = hostWith([
    ...many(1000),
    ...Array.from({ length: 700 }, (_, index) => other(1001 + index)),
    event(1701, { session: null, pane: null, kind: 'host-started', text: 'started' }),
  ]);
  verbs.roles = { pair: 'observer' };
  const lines = (await verbs.text(['events', '--lines', '3'])).trimEnd().split('\n');
  expect(lines.map((line) => line.split('  ').at(-1))).toEqual([
    'change 998',
    'change 999',
    'change 1000',
  ]);
  verbs.roles = { pair: 'admin' };
  expect(await verbs.text(['events', '--lines', '1'])).toContain('host  host-started  started');
});

test('since a time all are shown that came after it', async () => {
  const verbs = hostWith(many(1200));
  const text = await verbs.text(['events', '--since', '2026-01-01T00:00:05Z']);
  expect(text.trimEnd().split('\n')).toHaveLength(1196);
});

test('whoever follows gets each event once, also of a host that counts from 1 again', async () => {
  const leave = new AbortController();
  const events = many(2);
  const steps = [
    () => events.push(event(3)),
    () => events.splice(0, 3, event(1, { text: 'begun anew' })),
    () => undefined,
    () => events.splice(0, 1, event(1, { at: 7, text: 'begun again' }), event(2, { at: 8 })),
    () => undefined,
    () => leave.abort(),
  ];
  const verbs = hostWith(events, () => steps.shift()?.());
  const pieces = await verbs.pieces(['events', '-f', '--lines', '1'], leave.signal);
  const texts = textOf(pieces).trimEnd().split('\n');
  expect(texts.map((line) => line.split('  ').at(-1))).toEqual([
    'change 2',
    'change 3',
    'begun anew',
    'begun again',
    'change 2',
  ]);
});
