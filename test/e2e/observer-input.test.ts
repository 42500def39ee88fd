import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from '../helpers/eventually.js';
import { ENDING, floods, harmlessInputs, type Input, LEAVING } from '../helpers/observer-inputs.js';
import { Terminal } from '../helpers/terminal.js';
import { TmuxProbe } from '../helpers/tmux-probe.js';
import { TriadHome } from '../helpers/triad-home.js';

const TRIAD = `sessions:
  - name: pair
    panes:
      - {name: worker, command: [cat]}
      - {name: engine, command: [cat]}
`;
/** How many inputs go between two looks at the session. */
const BATCH = 60;

let home: TriadHome;
let probe: TmuxProbe;
let port = 0;
let driver: Terminal;

beforeAll(async () => {
  home = await TriadHome.make({ triad: TRIAD, people: { dora: 'driver', olga: 'observer' } });
  ({ port } = await home.up());
  probe = await TmuxProbe.of(home);
  driver = Terminal.ssh({ port, keyPath: home.keyOf('dora') });
  await driver.sees('driving');
});

afterAll(async () => {
  await driver[Symbol.asyncDispose]();
  await home[Symbol.asyncDispose]();
});

async function watch(): Promise<Terminal> {
  const observer = Terminal.ssh({ port, keyPath: home.keyOf('olga') });
  await observer.sees('watching');
  return observer;
}

let cols = 100;

/** Resolves when all that the observer sent was dealt with: a new size comes after it. */
async function settle(observer: Terminal): Promise<void> {
  cols = cols === 100 ? 101 : 100;
  observer.resize({ cols, rows: 30 });
  const hasCome = async () =>
    (await probe.clients()).some((each) => each.isReadOnly && each.cols === cols);
  await eventually('the observer is still there after their input', hasCome, () => observer.text);
}

async function changesNothing(observer: Terminal, pieces: readonly Uint8Array[]): Promise<void> {
  await settle(observer);
  await settle(observer);
  const before = await probe.snapshot();
  for (const piece of pieces) observer.type(piece);
  await settle(observer);
  await settle(observer);
  expect(await probe.snapshot()).toBe(before);
}

function batchesOf(inputs: readonly Input[]): Input[][] {
  const starts = Array.from(
    { length: Math.ceil(inputs.length / BATCH) },
    (_, index) => index * BATCH,
  );
  return starts.map((start) => inputs.slice(start, start + BATCH));
}

describe('an observer', () => {
  const inputs = harmlessInputs();

  test('sends at least 300 different inputs in these tests', () => {
    expect(
      new Set(inputs.map(({ bytes }) => bytes.toString('latin1'))).size,
    ).toBeGreaterThanOrEqual(300);
  });

  test('changes nothing by any input', async () => {
    await using observer = await watch();
    for (const batch of batchesOf(inputs)) {
      await changesNothing(
        observer,
        batch.map(({ bytes }) => Buffer.concat([bytes, ENDING])),
      );
    }
  });

  test('changes nothing by any input that comes byte by byte', async () => {
    await using observer = await watch();
    for (const batch of batchesOf(inputs)) {
      const all = Buffer.concat(batch.flatMap(({ bytes }) => [bytes, ENDING]));
      await changesNothing(
        observer,
        [...all].map((byte) => Uint8Array.of(byte)),
      );
    }
  });

  test.each(floods())('changes nothing by $name', async ({ bytes }) => {
    await using observer = await watch();
    await changesNothing(observer, [bytes, ENDING]);
  });

  test('leaves a session in which a driver still types', async () => {
    driver.type('still here\r');
    await driver.sees(/still here[\s\S]*still here/);
  });

  test.each(LEAVING)('leaves by $name', async ({ bytes }) => {
    await using observer = await watch();
    const before = await probe.ask('capture-pane', '-p', '-t', ':.0');
    observer.type(bytes);
    expect(await observer.status()).toBe(0);
    expect(observer.lastLine).toBe('triad: you left pair; the session goes on');
    expect(observer.isRestored, JSON.stringify(observer.modes)).toBe(true);
    expect(await probe.ask('capture-pane', '-p', '-t', ':.0')).toBe(before);
  });
});
