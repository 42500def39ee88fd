import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { count } from '../helpers/counts.js';
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
/** Of the inputs that are tried everywhere, every which one is tried in the small form. */
const SHARE = count(8, 1);

/** Where an observer may be when an input comes: how to get there, and what is seen there. */
const MODES = [
  { where: 'before the shared screen', keys: [], shows: /watching/, share: 1 },
  { where: 'in the history', keys: ['['], shows: /history/, share: SHARE },
  { where: 'at the search prompt', keys: ['/'], shows: /^\?$/m, share: SHARE },
  { where: 'while selecting', keys: ['[', 'v'], shows: /selecting/, share: SHARE },
  { where: 'before the help', keys: ['?'], shows: /any key closes the help/, share: SHARE },
  { where: 'before one pane alone', keys: ['2', 'z'], shows: /2:\w+ alone/, share: SHARE },
];
/** Leads back to the shared screen from wherever keys can have led. */
const BACK = Array.from({ length: 4 }, () => ['\x1b', '\x18']).flat();

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

/** Looks at the session before and after; the driver types nothing meanwhile. */
async function changesNothing(observer: RawObserver, type: () => void): Promise<void> {
  await observer.settle();
  const before = await probe.snapshot();
  type();
  await observer.settle();
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

  test.each(MODES)('changes nothing by any input $where', async ({ keys, shows, share }) => {
    await using observer = await RawObserver.attach(home, port, 'olga');
    observer.type(...keys);
    await observer.sees(shows);
    observer.type(...BACK);
    const tried = inputs.filter((_, index) => index % share === 0);
    for (const batch of batchesOf(tried)) {
      await changesNothing(observer, () => {
        for (const { bytes } of batch) observer.type(...keys, bytes, ENDING, ...BACK);
      });
    }
  });

  test('changes nothing by any input that comes byte by byte', async () => {
    await using observer = await RawObserver.attach(home, port, 'olga');
    for (const batch of batchesOf(inputs)) {
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
