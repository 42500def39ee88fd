import { getEventListeners } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { SYSTEM_CLOCK } from '../../../../src/base/clock.js';
import type { EventPosition, HostEvent } from '../../../../src/base/host-event.js';
import { paneName, sessionName } from '../../../../src/base/ids.js';
import { Audit } from '../../../../src/gateway/audit/audit.js';
import { HostRecord } from '../../../../src/gateway/audit/host-record.js';
import { openLogger } from '../../../../src/log/logger.js';
import { eventually } from '../../../helpers/eventually.js';

const log = openLogger({ level: 'error', destination: { write: () => undefined } });
/** Events in one answer. */
const PAGE = 50;
let folder = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'triad-record-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** A host whose events outlive whoever records them. */
class Source {
  readonly events: HostEvent[] = [];
  first = 1;
  /** Epoch ms. */
  now = 1000;
  isGone = false;
  stop: AbortSignal | undefined;
  readonly asked: number[] = [];

  happen(count: number): this {
    for (let each = 0; each < count; each += 1) {
      const number = this.first + this.events.length;
      const subject = { session: sessionName('pair'), pane: paneName('worker'), by: null };
      this.events.push({
        number,
        at: (this.now += 1),
        kind: 'pane-state',
        ...subject,
        text: 'x',
        facts: {},
      });
    }
    return this;
  }

  /** Only the last so many are kept. */
  keep(count: number): this {
    this.first += this.events.length - count;
    this.events.splice(0, this.events.length - count);
    return this;
  }

  /** Its record is another one from now on. */
  loseRecord(): this {
    this.events.splice(0);
    this.first = 1;
    return this;
  }

  readonly port = {
    whenReachable: (signal: AbortSignal) => {
      this.stop = signal;
      return Promise.resolve();
    },
    events: async ({ after }: { after: number }) => {
      this.asked.push(after);
      if (this.isGone) throw new Error('lost');
      const events = this.events.filter(({ number }) => number > after).slice(0, PAGE);
      if (events.length === 0) await new Promise((resolve) => setTimeout(resolve, 1));
      const last = this.first + this.events.length - 1;
      const afterAt = this.events.find(({ number }) => number === after)?.at ?? null;
      return { events, last, missed: Math.max(0, this.first - 1 - after), afterAt };
    },
  };
}

/** A gateway's record of it. */
function recordOf(source: Source, audited: string[] = []) {
  const audit = {
    lastHostEvent: () => Promise.resolve<EventPosition | undefined>(undefined),
    hostEvent: ({ number }: HostEvent) => void audited.push(`${number}`),
    hostRecordReplaced: ({ after }: { after: number }) => void audited.push(`not ${after}`),
    hostEventsMissed: ({ count }: { count: number }) => void audited.push(`missed ${count}`),
  };
  const retries: (() => void)[] = [];
  const clock = {
    ...{ now: () => 0, elapsed: () => 0 },
    after: (_ms: number, work: () => void) => {
      retries.push(work);
      return () => undefined;
    },
  };
  const path = join(folder, 'recorded-events.json');
  const record = HostRecord.open({ source: source.port, audit, path, clock, log });
  return { audited, audit, retries, path, record, [Symbol.asyncDispose]: () => record.close() };
}

/** Waits for so many lines of the record. */
async function hasRecorded(audited: readonly string[], count: number): Promise<void> {
  await eventually(
    `${count} events are recorded`,
    () => audited.length >= count,
    () => audited.join(),
  );
  expect(audited).toHaveLength(count);
}

/** Waits until an attempt has failed so often, and the next one is due. */
function isTriedAgain(retries: readonly unknown[], count: number): Promise<unknown> {
  return eventually(`attempt ${count + 1} is due`, () => retries.length === count);
}

test('what happens is recorded once and in order, over restarts of the gateway and however much it is', async () => {
  const source = new Source().happen(1200);
  const audited: string[] = [];
  {
    await using _first = recordOf(source, audited);
    await hasRecorded(audited, 1200);
  }
  source.happen(3);
  await using second = recordOf(source, audited);
  await hasRecorded(audited, 1203);
  source.happen(1);
  await hasRecorded(audited, 1204);
  expect(audited).toEqual(Array.from({ length: 1204 }, (_, index) => `${index + 1}`));
  await eventually(
    'the position of the last event is kept',
    () => readFileSync(second.path, 'utf8') === '{"last":1204,"at":2204}\n',
  );
  expect(statSync(second.path).mode & 0o777).toBe(0o600);
});

test('what the host kept no more when the gateway came back is recorded as missed', async () => {
  const source = new Source().happen(10);
  const audited: string[] = [];
  {
    await using _first = recordOf(source, audited);
    await hasRecorded(audited, 10);
  }
  source.happen(20).keep(5);
  await using _second = recordOf(source, audited);
  await hasRecorded(audited, 16);
  expect(audited.slice(10)).toEqual(['missed 15', '26', '27', '28', '29', '30']);
});

test('an event that cannot be recorded is tried again, and those before it are not', async () => {
  const source = new Source().happen(3);
  await using recorded = recordOf(source);
  const write = recorded.audit.hostEvent;
  recorded.audit.hostEvent = (event) => {
    if (event.number === 2) throw new Error('the disk is full');
    write(event);
  };
  await isTriedAgain(recorded.retries, 1);
  expect(recorded.audited).toEqual(['1']);
  recorded.audit.hostEvent = write;
  recorded.retries[0]?.();
  await hasRecorded(recorded.audited, 3);
  expect(recorded.audited).toEqual(['1', '2', '3']);
});

test('a host that is lost is asked again from where it was', async () => {
  const source = new Source().happen(2);
  await using recorded = recordOf(source);
  await hasRecorded(recorded.audited, 2);
  source.isGone = true;
  await isTriedAgain(recorded.retries, 1);
  source.happen(1).isGone = false;
  recorded.retries[0]?.();
  await hasRecorded(recorded.audited, 3);
  expect(source.asked.at(-1)).toBeGreaterThanOrEqual(2);
});

test('a host that is lost for long costs nothing that grows', async () => {
  const source = new Source();
  source.isGone = true;
  await using recorded = recordOf(source);
  for (let each = 1; each <= 20; each += 1) {
    await isTriedAgain(recorded.retries, each);
    recorded.retries.at(-1)?.();
  }
  await isTriedAgain(recorded.retries, 21);
  if (source.stop === undefined) throw new Error('the host was not asked');
  expect(getEventListeners(source.stop, 'abort').length).toBeLessThanOrEqual(2);
});

test('a host that counts from 1 again is recorded from its first event', async () => {
  writeFileSync(join(folder, 'recorded-events.json'), '{"last":900}\n');
  await using recorded = recordOf(new Source().happen(2));
  await hasRecorded(recorded.audited, 3);
  expect(recorded.audited).toEqual(['not 900', '1', '2']);
});

test('a host that counted from 1 again and is past the old number is recorded from its first event', async () => {
  const source = new Source().happen(5);
  const audited: string[] = [];
  {
    await using _first = recordOf(source, audited);
    await hasRecorded(audited, 5);
  }
  source.loseRecord().happen(8);
  await using _second = recordOf(source, audited);
  await hasRecorded(audited, 14);
  expect(audited.slice(5)).toEqual(['not 5', '1', '2', '3', '4', '5', '6', '7', '8']);
});

test('numbers that a killed host had not saved and that are given again are recorded', async () => {
  const source = new Source().happen(6);
  await using recorded = recordOf(source);
  await hasRecorded(recorded.audited, 6);
  source.events.splice(3);
  source.happen(4);
  await hasRecorded(recorded.audited, 14);
  expect(recorded.audited.slice(6)).toEqual(['not 6', '1', '2', '3', '4', '5', '6', '7']);
});

test('a position that cannot be understood costs nothing but a second copy', async () => {
  writeFileSync(join(folder, 'recorded-events.json'), '{"last":-1}');
  await using recorded = recordOf(new Source().happen(2));
  await hasRecorded(recorded.audited, 2);
});

test('a gateway that was killed before it remembered what it recorded records nothing twice', async () => {
  const source = new Source().happen(5);
  const file = join(folder, 'audit.jsonl');
  const path = join(folder, 'recorded-events.json');
  const lines = () => readFileSync(file, 'utf8').split('\n').slice(0, -1);
  const numbers = () => lines().flatMap(numberIn);
  const options = { source: source.port, path, clock: SYSTEM_CLOCK, log };
  for (const last of [5, 7]) {
    const audit = Audit.open(file, log);
    const record = HostRecord.open({ ...options, audit });
    await eventually('the last event is recorded', () => numbers().at(-1) === last);
    await record.close();
    audit.textSent({
      actor: { engineer: 'a', door: 'local' },
      session: 'pair',
      pane: 'w',
      bytes: 1,
    });
    audit.close();
    rmSync(path);
    source.happen(2);
  }
  expect(numbers()).toEqual([1, 2, 3, 4, 5, 6, 7]);
});

function numberIn(line: string): number[] {
  const { number } = JSON.parse(line) as { number?: number };
  return number === undefined ? [] : [number];
}
