import { expect, test, vi } from 'vitest';
import { sessionName } from '../../../../src/base/ids.js';
import { LoopShare } from '../../../../src/base/loop-share.js';
import { UNKNOWN } from '../../../../src/gateway/mirror/abilities.js';
import { FanOut } from '../../../../src/gateway/mirror/fan-out.js';
import { encodeFrame } from '../../../../src/gateway/mirror/frame.js';
import { FrameCache } from '../../../../src/gateway/mirror/frame-cache.js';
import { blankRow, type Grid } from '../../../../src/gateway/mirror/grid.js';
import { type Moment, ObserverDisplay } from '../../../../src/gateway/mirror/observer-display.js';
import type { Composer } from '../../../../src/gateway/mirror/shared-screen.js';
import { ComposedScreens } from '../../../../src/gateway/mirror/shared-screen.js';
import type { ObserverTerminal } from '../../../../src/gateway/mirror/watching.js';
import { eventually } from '../../../helpers/eventually.js';
import { layoutOf } from '../../../helpers/fake-mirror.js';
import { Random } from '../../../helpers/random.js';
import { RandomGrids } from '../../../helpers/random-grids.js';

const SIZE = { cols: 30, rows: 10 };
const WHOLE: Composer = { compose: ({ screen }) => screen };
const grids = new RandomGrids(new Random(5));

function moment(number: number): Moment {
  const shared = {
    session: sessionName('pair'),
    screen: grids.grid(SIZE),
    layout: layoutOf(SIZE),
    presence: { drivers: [], observers: 0 },
    composed: new Map(),
  };
  return { number, shared, bells: 0, frames: new FrameCache() };
}

/** The share of a process whose clock is the test's. */
function sharing(now: () => number) {
  return { now, share: new LoopShare(now), owner: 'frames' };
}

/** Takes five frames. */
function largeGrid(glyph: string): Grid {
  const [cols, count] = [200, 60];
  const glyphs = Array.from({ length: cols }, () => glyph);
  const styles = glyphs.map((_, col) => `38;2;255;255;${100 + (col % 2)}`);
  const rows = Array.from({ length: count }, () => ({ glyphs, styles }));
  return { cols, rows, cursor: { col: 0, row: 0 } };
}

/** A terminal that takes time, on a clock of the test's own. */
function terminalThat(onWrite: (bytes: Uint8Array) => void): ObserverTerminal {
  return { write: onWrite, unconsumedBytes: () => 0, onConsumed: () => undefined };
}

function displayOn(
  terminal: ObserverTerminal,
  fanOut: FanOut,
  { composer = WHOLE, now = () => 0 }: { composer?: Composer; now?: () => number } = {},
): ObserverDisplay {
  return new ObserverDisplay({
    terminal,
    composer,
    onDue: (due) => fanOut.add(due),
    onClose: (closed) => fanOut.remove(closed),
    now,
  });
}

test('a thousand observers that join at once get one frame, in slices that let others run between', async () => {
  let nowMs = 0;
  let written = 0;
  const costs: number[] = [];
  const fanOut = new FanOut({
    ...sharing(() => nowMs),
    onDone: (costMs) => costs.push(costMs),
    onFailure: () => undefined,
  });
  const frames = new Set<Uint8Array>();
  const terminal = terminalThat((bytes) => {
    frames.add(bytes);
    written += 1;
    nowMs += 0.03;
  });
  const displays = Array.from({ length: 1000 }, () => displayOn(terminal, fanOut));
  fanOut.begin(moment(1), displays);
  const atOnce = written;
  expect(atOnce).toBe(34);
  const turns: number[] = [];
  const watchTurns = () => {
    turns.push(written);
    if (written < displays.length) setImmediate(watchTurns);
  };
  setImmediate(watchTurns);
  await eventually('all observers have been served', () => costs.length > 0);
  expect(written).toBe(1000);
  expect(new Set([atOnce, ...turns]).size).toBe(30);
  expect(costs).toHaveLength(1);
  expect(costs[0]).toBeCloseTo(30);
  expect(frames.size, 'all share the bytes').toBe(1);
});

test('a display that waits for its turn is shown what is newest then, and once', async () => {
  const written: string[] = [];
  let nowMs = 0;
  let done = 0;
  const onDone = () => {
    done += 1;
  };
  const fanOut = new FanOut({ ...sharing(() => nowMs), onDone, onFailure: () => undefined });
  const named = (name: string) =>
    displayOn(
      terminalThat(() => {
        written.push(name);
        nowMs += 5;
      }),
      fanOut,
    );
  const displays = [named('a'), named('b')];
  fanOut.begin(moment(1), displays);
  expect(written).toEqual(['a']);
  fanOut.begin(moment(2), displays);
  await eventually('all observers have been served', () => done > 0);
  expect(written).toEqual(['a', 'b', 'a']);
  expect(done).toBe(1);
  expect(displays.map(({ skippedFrames }) => skippedFrames)).toEqual([0, 0]);
});

test('a round ends when those are served who were there, and costs what they cost and what the moment did', async () => {
  let nowMs = 0;
  let served = 0;
  const costs: number[] = [];
  const fanOut = new FanOut({
    ...sharing(() => nowMs),
    onDone: (costMs) => costs.push(costMs),
    onFailure: () => undefined,
  });
  /** Asks to be shown more whenever it has been. */
  const restless: ObserverDisplay = displayOn(
    terminalThat(() => {
      served += 1;
      nowMs += 50;
      restless.invalidate();
    }),
    fanOut,
    { now: () => nowMs, composer: { compose: () => grids.grid(SIZE) } },
  );
  const calm = displayOn(
    terminalThat(() => (nowMs += 2)),
    fanOut,
  );
  fanOut.begin(moment(1), [restless, calm], 7);
  await eventually('the restless observer is served often', () => served > 3);
  expect(costs).toEqual([59]);
  restless.close();
  calm.close();
});

test('who changes the own view all the time is shown it every 30 ms, and what is newest at once', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  try {
    const fanOut = new FanOut({
      ...sharing(() => 0),
      onDone: () => undefined,
      onFailure: () => undefined,
    });
    const startedAt = performance.now();
    const at: number[] = [];
    const now = () => performance.now() - startedAt;
    const compose = () => {
      at.push(now());
      return grids.grid(SIZE);
    };
    const display = displayOn(
      terminalThat(() => undefined),
      fanOut,
      { composer: { compose }, now },
    );
    fanOut.begin(moment(1), [display]);
    for (let ms = 1; ms <= 100; ms += 1) {
      display.forget();
      await new Promise(setImmediate);
      vi.advanceTimersByTime(1);
      await new Promise(setImmediate);
      if (ms === 70) fanOut.begin(moment(2), [display]);
    }
    expect(at).toEqual([0, 30, 60, 70, 100]);
    display.close();
    expect(vi.getTimerCount()).toBe(0);
  } finally {
    vi.useRealTimers();
  }
});

test('an observer who cannot take anything is composed nothing, and skips what passes meanwhile', () => {
  let unconsumed = 0;
  let composed = 0;
  const fanOut = new FanOut({
    ...sharing(() => 0),
    onDone: () => undefined,
    onFailure: () => undefined,
  });
  const compose = () => {
    composed += 1;
    return grids.grid(SIZE);
  };
  const terminal = { ...terminalThat(() => undefined), unconsumedBytes: () => unconsumed };
  const display = displayOn(terminal, fanOut, { composer: { compose } });
  fanOut.begin(moment(1), [display]);
  unconsumed = 64 * 1024 + 1;
  for (const number of [2, 3, 4]) {
    display.forget();
    fanOut.begin(moment(number), [display]);
  }
  expect(composed).toBe(1);
  expect(display.skippedFrames).toBe(2);
  unconsumed = 0;
  fanOut.begin(moment(5), [display]);
  expect(composed).toBe(2);
  expect(display.skippedFrames).toBe(3);
  display.close();
});

test('a slow observer is shown all rows of a screen that takes many frames, in turn, while newer ones come', () => {
  let isFree = true;
  let text = '';
  const terminal = {
    ...terminalThat((bytes) => {
      text += Buffer.from(bytes).toString();
      isFree = false;
    }),
    unconsumedBytes: () => (isFree ? 0 : 64 * 1024 + 1),
  };
  const fanOut = new FanOut({
    ...sharing(() => 0),
    onDone: () => undefined,
    onFailure: () => undefined,
  });
  const display = displayOn(terminal, fanOut);
  for (let number = 1; number <= 60; number += 1) {
    const screen = largeGrid(String.fromCharCode(0xc0 + number));
    const { shared, frames, bells } = moment(number);
    isFree = number % 6 === 0;
    fanOut.begin({ number, frames, bells, shared: { ...shared, screen } }, [display]);
  }
  const rowsDrawn = [...text.matchAll(/\x1b\[(\d+);1H/g)].map(([, row]) => Number(row));
  for (let row = 1; row <= 60; row += 1) {
    expect(rowsDrawn.filter((drawn) => drawn === row).length).toBeGreaterThan(1);
  }
  expect(text.match(/\x1b\[J/g)).toHaveLength(1);
  expect(display.skippedFrames).toBe(59);
  display.close();
});

test('an observer who is more than four screens behind gets what a new one gets', () => {
  const written: Uint8Array[] = [];
  let unconsumed = 0;
  const fanOut = new FanOut({
    ...sharing(() => 0),
    onDone: () => undefined,
    onFailure: () => undefined,
  });
  const terminal = {
    ...terminalThat((bytes) => written.push(bytes)),
    unconsumedBytes: () => unconsumed,
  };
  const displays = [displayOn(terminal, fanOut)];
  fanOut.begin(moment(1), displays);
  for (const screensBehind of [4, 5]) {
    const first = 10 * screensBehind;
    unconsumed = 0;
    fanOut.begin(moment(first), displays);
    written.length = 0;
    unconsumed = 64 * 1024 + 1;
    for (let step = 1; step < screensBehind; step += 1) {
      fanOut.begin(moment(first + step), displays);
    }
    unconsumed = 64 * 1024;
    fanOut.begin(moment(first + screensBehind), displays);
    expect(written).toHaveLength(1);
    const isWhole = Buffer.from(written[0] ?? []).includes('\x1b[?69l');
    expect(isWhole).toBe(screensBehind === 5);
  }
});

test('frames for many that share none are not kept beyond a limit, with the screens they lead from and to', () => {
  const cache = new FrameCache();
  const size = { cols: 200, rows: 50 };
  const to = grids.grid(size);
  const [full, position] = [cache.frame(undefined, to, UNKNOWN), grids.grid(size)];
  const weight = 16 * size.cols * size.rows;
  const other = encodeFrame(position, to, { maxBytes: 64 * 1024, ...UNKNOWN }).bytes.length;
  const rest = 16 * 1024 * 1024 - full.bytes.length - weight;
  const kept = Math.floor(rest / (other + weight));
  const positions = Array.from({ length: kept + 5 }, () => ({ ...position }));
  const frames = positions.map((from) => cache.frame(from, to, UNKNOWN));
  const isKept = positions.map((from, index) => cache.frame(from, to, UNKNOWN) === frames[index]);
  expect(isKept.indexOf(false)).toBe(kept);
  expect(isKept.slice(kept)).toEqual(Array<boolean>(5).fill(false));
  expect(cache.frame(undefined, to, UNKNOWN)).toBe(full);
});

test('screens composed of one moment are not kept beyond a limit', () => {
  const composed = new ComposedScreens();
  const [size, most] = [{ cols: 256, rows: 128 }, 64];
  const row = blankRow(size.cols);
  const grid = { ...size, rows: Array.from({ length: size.rows }, () => row), cursor: null };
  const keys = Array.from({ length: most + 1 }, (_, index) => String(index));
  for (const key of keys.slice(0, most)) composed.set(key, grid);
  for (const key of keys.slice(0, most)) expect(composed.get(key)).toBe(grid);
  composed.set(String(most), grid);
  expect(keys.filter((key) => composed.get(key) !== undefined)).toEqual([String(most)]);
});
