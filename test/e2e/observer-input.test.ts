import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { count } from '../helpers/counts.js';
import { eventually } from '../helpers/eventually.js';
import { ENDING, floods, harmlessInputs, type Input, LEAVING } from '../helpers/observer-inputs.js';
import { RawObserver } from '../helpers/raw-observer.js';
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
/** How many come to one observer in a place of theirs; the first may lead elsewhere. */
const TOGETHER = 8;
/** Of the inputs, every which one is tried in each place. */
const SHARE = count(16, 1);

/** Where an observer may be when input comes: the keys that lead there, and what each shows. */
const PLACES: readonly { where: string; steps: readonly (readonly [string, RegExp])[] }[] = [
  { where: 'the history', steps: [['[', /history \d/]] },
  { where: 'the search prompt', steps: [['/', /^\?$/m]] },
  {
    where: 'a selection',
    steps: [
      ['[', /history \d/],
      ['v', /selecting/],
    ],
  },
  { where: 'the help', steps: [['?', /any key closes the help/]] },
  { where: 'one pane alone', steps: [['z', / alone/]] },
];

let home: TriadHome;
let probe: TmuxProbe;
let port = 0;
let driver: Terminal;
/** Somebody else who watches all the time, so that the mirror stays the same. */
let bystander: RawObserver;

beforeAll(async () => {
  home = await TriadHome.make({ triad: TRIAD, people: { dora: 'driver', olga: 'observer' } });
  ({ port } = await home.up());
  probe = await TmuxProbe.of(home);
  driver = Terminal.ssh({ port, keyPath: home.keyOf('dora') });
  await driver.sees('driving');
  bystander = await RawObserver.attach(home, port, 'olga');
  await eventually('the mirror has its client', async () => (await probe.clients()).length === 2);
});

afterAll(async () => {
  await bystander[Symbol.asyncDispose]();
  await driver[Symbol.asyncDispose]();
  await home[Symbol.asyncDispose]();
});

async function watch(): Promise<Terminal> {
  const observer = Terminal.ssh({ port, keyPath: home.keyOf('olga') });
  await observer.sees('watching');
  return observer;
}

/** Looks at the session before and after; the driver types nothing meanwhile. */
async function changesNothing(observer: RawObserver, type: () => void): Promise<void> {
  await observer.settle();
  const before = await probe.snapshot();
  type();
  await observer.settle();
  expect(await probe.snapshot()).toBe(before);
}

function batchesOf(inputs: readonly Input[], size: number): Input[][] {
  const batches = Array.from({ length: Math.ceil(inputs.length / size) }, (_, index) => index);
  return batches.map((index) => inputs.slice(index * size, (index + 1) * size));
}

describe('an observer', () => {
  const inputs = harmlessInputs();

  test('sends at least 300 different inputs in these tests', () => {
    expect(
      new Set(inputs.map(({ bytes }) => bytes.toString('latin1'))).size,
    ).toBeGreaterThanOrEqual(300);
  });

  test('changes nothing by any input', async () => {
    await using observer = await RawObserver.attach(home, port, 'olga');
    for (const batch of batchesOf(inputs, BATCH)) {
      await changesNothing(observer, () => {
        for (const { bytes } of batch) observer.type(bytes, ENDING);
      });
    }
  });

  test.each(PLACES)('changes nothing by any input from $where', async ({ steps }) => {
    const before = await probe.snapshot();
    const tried = inputs.filter((_, index) => index % SHARE === 0);
    for (const batch of batchesOf(tried, TOGETHER)) {
      await using observer = await RawObserver.attach(home, port, 'olga');
      for (const [key, shows] of steps) {
        observer.type(key);
        await observer.sees(shows);
      }
      for (const { bytes } of batch) observer.type(bytes, ENDING);
      await observer.settle();
    }
    expect(await probe.snapshot()).toBe(before);
  });

  test('changes nothing by any input that comes byte by byte', async () => {
    await using observer = await RawObserver.attach(home, port, 'olga');
    for (const batch of batchesOf(inputs, BATCH)) {
      const all = Buffer.concat(batch.flatMap(({ bytes }) => [bytes, ENDING]));
      const single = [...all].map((byte) => Uint8Array.of(byte));
      await changesNothing(observer, () => observer.type(...single));
    }
  });

  test.each(floods())('changes nothing by $name', async ({ bytes }) => {
    await using observer = await RawObserver.attach(home, port, 'olga');
    await changesNothing(observer, () => observer.type(bytes, ENDING));
  });

  test('leaves a session in which a driver still types', async () => {
    driver.type('still here\r');
    await driver.sees(/still here[\s\S]*still here/);
  });

  test.each(LEAVING)('leaves by $name', async ({ bytes }) => {
    await using observer = await watch();
    const before = await probe.ask('capture-pane', '-p', '-t', `${probe.target}.0`);
    observer.type(bytes);
    expect(await observer.status()).toBe(0);
    expect(observer.lastLine).toBe('triad: you left pair; the session goes on');
    expect(observer.isRestored, JSON.stringify(observer.modes)).toBe(true);
    expect(await probe.ask('capture-pane', '-p', '-t', `${probe.target}.0`)).toBe(before);
  });
});
