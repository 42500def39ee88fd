import { expect } from 'vitest';
import { eventually } from './eventually.js';
import { AGENT_NAMES, type Agent, type Line, type TroubledTriad } from './troubled-triad.js';

/** The processes of the agents before something happens to them. */
export function pidsOf(triad: TroubledTriad): Map<Agent, number | undefined> {
  return new Map(AGENT_NAMES.map((agent) => [agent, triad.pidOf(agent)]));
}

/**
 * What has to hold after whatever happened, once the triad is whole again.
 *
 * @param before the processes of the agents before it
 */
export async function expectRecovered(
  triad: TroubledTriad,
  before: ReturnType<typeof pidsOf>,
): Promise<void> {
  for (const agent of AGENT_NAMES) {
    const alive = triad.runsOf(agent);
    expect(alive, `${agent} has one run`).toEqual([triad.pidOf(agent)]);
    if (!triad.hit.has(agent)) expect(alive, `${agent} was not hit`).toEqual([before.get(agent)]);
  }
  expect(triad.twice(), 'no command has two runs').toEqual([]);
  await triad.driverIsHeard();
  expect(triad.typed().filter((row) => row.includes('OLGA'))).toEqual([]);
  expectRunsOnRecord(triad);
  await expectAudited(triad);
}

/** Every start and every end is among the events once, and those that run have no end. */
function expectRunsOnRecord(triad: TroubledTriad): void {
  const events = triad.record('events.jsonl');
  const started = runsIn(events, 'command-started');
  const ended = runsIn(events, 'command-ended');
  expectUnique(started.map(idOf), 'every start is on record once');
  expectUnique(ended.map(idOf), 'every end is on record once');
  const known = new Set(ended.map(idOf));
  const running = started.filter((run) => !known.has(idOf(run)));
  expect(running.map(processOf).sort()).toEqual(
    AGENT_NAMES.map((agent) => `${agent} ${triad.pidOf(agent)}`).sort(),
  );
  const startedIds = new Set(started.map(idOf));
  expect(ended.map(idOf).filter((id) => !startedIds.has(id))).toEqual([]);
  const onRecord = new Set(started.map(processOf));
  const own = triad.started().map(({ name, pid }) => `${name} ${pid}`);
  expect(own.filter((run) => !onRecord.has(run))).toEqual([]);
}

/** The audit has every event once; what a killed host had in memory alone is told as lost. */
async function expectAudited(triad: TroubledTriad): Promise<void> {
  const numbers = (lines: readonly Line[]) =>
    lines.map((line) => Number(line['number'])).sort((a, b) => a - b);
  const missing = () => {
    const events = numbers(triad.record('events.jsonl'));
    const audited = new Set(numbers(hostEvents(triad)));
    return events.filter((number) => !audited.has(number));
  };
  await eventually(
    'every event is in the audit',
    () => missing().length === 0,
    () => missing().join(),
  );
  const events = triad.record('events.jsonl');
  expectUnique(numbers(events), 'every event has a number of its own');
  expectUnique(numbers(hostEvents(triad)), 'the audit has every event once');
  const lost = events.filter(({ kind }) => kind === 'events-lost').flatMap(lostIn);
  const last = Math.max(...numbers(events));
  const all = new Set([...numbers(events), ...lost]);
  const untold = Array.from({ length: last }, (_, index) => index + 1).filter(
    (number) => !all.has(number),
  );
  expect(untold, 'no event is gone without a word').toEqual([]);
  const kinds = triad.record('audit.jsonl').map(({ event }) => event);
  expect(kinds).not.toContain('host-record-replaced');
  expect(kinds).not.toContain('host-events-missed');
}

function hostEvents(triad: TroubledTriad): Line[] {
  return triad.record('audit.jsonl').filter(({ event }) => event === 'host-event');
}

function lostIn({ facts }: Line): number[] {
  const { first, last } = facts as { first: number; last: number };
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

interface RunOnRecord {
  readonly pane: string;
  readonly run: string;
  readonly pid: unknown;
}

function runsIn(events: readonly Line[], kind: string): RunOnRecord[] {
  const own = events.filter((event) => event['kind'] === kind);
  return own.map(({ pane, facts }) => {
    const { run, pid } = facts as Line;
    return { pane: String(pane), run: String(run), pid };
  });
}

function idOf({ pane, run }: RunOnRecord): string {
  return `${pane} ${run}`;
}

function processOf({ pane, pid }: RunOnRecord): string {
  return `${pane} ${String(pid)}`;
}

function expectUnique(items: readonly (string | number)[], what: string): void {
  const twice = items.filter((item, index) => items.indexOf(item) !== index);
  expect(twice, what).toEqual([]);
}
