import { describe, expect, test } from 'vitest';
import { engineerName, sessionName } from '../../../../src/base/ids.js';
import { LoopShare } from '../../../../src/base/loop-share.js';
import { Mirrors } from '../../../../src/gateway/mirror/mirrors.js';
import type { SharedScreen } from '../../../../src/gateway/mirror/shared-screen.js';
import { openLogger } from '../../../../src/log/logger.js';
import { count } from '../../../helpers/counts.js';
import { eventually } from '../../../helpers/eventually.js';
import { FakeSource, layoutOf } from '../../../helpers/fake-mirror.js';
import { type FakeTerminal, FakeObserver as Observer } from '../../../helpers/fake-observer.js';
import { Random } from '../../../helpers/random.js';
import { randomOutput } from '../../../helpers/random-output.js';

const PAIR = sessionName('pair');
const SIZE = { cols: 40, rows: 10 };

class Stage {
  readonly source = new FakeSource(SIZE);
  readonly logged: string[] = [];
  readonly mirrors: Mirrors;

  constructor() {
    const log = openLogger({
      level: 'info',
      destination: { write: (line: string) => this.logged.push(line) },
    });
    this.mirrors = new Mirrors({ log, share: new LoopShare(), sourceOf: () => this.source });
  }

  async watch(observer = new Observer(SIZE)): Promise<Observer> {
    const request = { session: PAIR, terminal: observer.terminal };
    observer.display = await this.mirrors.watch(request, observer.composer);
    return observer;
  }
}

describe('the mirrors', () => {
  test('show each observer what the session shows, late ones at once', async () => {
    const stage = new Stage();
    using first = await stage.watch();
    stage.source.output('\x1b[31mhello');
    await first.shows('hello');
    using second = await stage.watch();
    await second.shows('hello');
    stage.source.output(' again');
    await Promise.all([first.shows('hello again'), second.shows('hello again')]);
    expect(stage.source.opened).toBe(1);
  });

  test('ring the bell of everybody who watches once for each screen, and of nobody who comes later', async () => {
    const stage = new Stage();
    using first = await stage.watch();
    stage.source.output('before');
    await first.shows('before');
    stage.source.output('\x07\x07\x07');
    await eventually('the bell is rung', () => first.terminal.bells > 0);
    using second = await stage.watch();
    stage.source.output(' after');
    await Promise.all([first.shows('before after'), second.shows('before after')]);
    expect(first.terminal.bells).toBe(1);
    expect(second.terminal.bells).toBe(0);
    stage.source.output('\x1b]0;a title\x07 no bell');
    await second.shows('no bell');
    expect(second.terminal.bells).toBe(0);
  });

  test('run only while somebody watches', async () => {
    const stage = new Stage();
    using first = await stage.watch();
    using second = await stage.watch();
    first.display?.close();
    expect(stage.source.closed).toBe(0);
    second.display?.close();
    expect(stage.source.closed).toBe(1);
    await expect(second.display?.ended).resolves.toEqual({ reason: 'closed' });
    using third = await stage.watch();
    stage.source.output('third');
    await third.shows('third');
    expect(stage.source.opened).toBe(2);
  });

  test('end every observer with the reason of the feed', async () => {
    const stage = new Stage();
    using first = await stage.watch();
    using second = await stage.watch();
    stage.source.end('session-ended');
    await expect(first.display?.ended).resolves.toEqual({ reason: 'session-ended' });
    await expect(second.display?.ended).resolves.toEqual({ reason: 'session-ended' });
    const { frames } = first.terminal;
    stage.source.output('too late');
    using third = await stage.watch();
    stage.source.output('in time');
    await third.shows('in time');
    expect(first.terminal.frames).toBe(frames);
  });

  test('fail as the source fails, and try again with the next observer', async () => {
    const stage = new Stage();
    stage.source.failure = new Error('not running');
    await expect(stage.watch()).rejects.toThrow('not running');
    stage.source.failure = undefined;
    using observer = await stage.watch();
    stage.source.output('running');
    await observer.shows('running');
  });

  test('pass on who is there, before somebody watches and later', async () => {
    const stage = new Stage();
    stage.mirrors.showPresence(PAIR, { drivers: [engineerName('dora')], observers: 1 });
    using observer = await stage.watch();
    stage.source.output('x');
    await observer.shows('x');
    expect(observer.composer.shared?.presence.drivers).toEqual(['dora']);
    stage.mirrors.showPresence(PAIR, { drivers: [engineerName('dirk')], observers: 1 });
    await eventually('the new screen is shown', () => {
      return observer.composer.shared?.presence.drivers[0] === 'dirk';
    });
  });

  test('give screen and layout of one size, in the order in which they came', async () => {
    const stage = new Stage();
    using observer = await stage.watch();
    const seen: SharedScreen[] = [];
    const compose = observer.composer.compose.bind(observer.composer);
    observer.composer.compose = (shared) => {
      seen.push(shared);
      return compose(shared);
    };
    for (const cols of [30, 50, 20]) {
      // More than the emulator takes in one turn, so that frames are made before all is understood.
      const piece = `before ${cols}\r\n`.repeat(1500);
      for (let left = 50; left > 0; left -= 1) stage.source.output(piece);
      stage.source.layout(layoutOf({ cols, rows: 8 }));
      stage.source.output(`\x1b[2J\x1b[Hafter ${cols}`);
    }
    await observer.shows('after 20');
    for (const { screen, layout } of seen) {
      expect({ cols: screen.cols, rows: screen.rows.length }).toEqual(layout.size);
    }
  });

  test('draw everything anew on a terminal that was resized', async () => {
    const stage = new Stage();
    using observer = await stage.watch();
    stage.source.output('one\x1b[5;30Hfar');
    await observer.shows('far');
    for (const size of [{ cols: 12, rows: 4 }, SIZE]) {
      observer.terminal.screen.resize(size);
      await observer.terminal.screen.write('\x1b[2J');
      observer.composer.size = size;
      observer.display?.forget();
      await observer.shows('one');
    }
    await observer.shows('far');
  });

  test('end an observer whose view cannot be composed, and nobody else', async () => {
    const stage = new Stage();
    using broken = await stage.watch();
    using whole = await stage.watch();
    broken.composer.compose = () => {
      throw new Error('a bug in a view');
    };
    stage.source.output('on it goes');
    await whole.shows('on it goes');
    await expect(broken.display?.ended).resolves.toEqual({ reason: 'failed' });
    expect(stage.logged.join('')).toContain('a bug in a view');
  });

  test('block the feed while too much waits to be understood', async () => {
    const stage = new Stage();
    using observer = await stage.watch();
    const piece = Buffer.from('\x1b[32mflood\r\n'.repeat(6000));
    for (let sent = 0; sent <= 1024 * 1024; sent += piece.length) stage.source.output(piece);
    expect(stage.source.blocked).toEqual([true]);
    await eventually('the feed is unblocked', () => stage.source.blocked.at(-1) === false);
    stage.source.output('done');
    await observer.shows('done');
    expect(stage.source.blocked).toEqual([true, false]);
  });
});

describe('observers of all speeds', () => {
  test('show the newest screen at rest, hold a bounded part of what is missing, and are never dropped', async () => {
    const stage = new Stage();
    const random = new Random(11);
    const observers: Observer[] = [];
    for (let left = count(12, 60); left > 0; left -= 1) {
      const size = { cols: 20 + random.below(40), rows: 4 + random.below(12) };
      observers.push(await stage.watch(new Observer(size)));
    }
    for (let step = 0; step < count(40, 1000); step += 1) {
      stage.source.output(randomOutput(random, SIZE));
      const observer = random.pick(observers);
      observer.terminal.isSlow = random.below(2) === 0;
      if (!observer.terminal.isSlow) void observer.terminal.consume();
      await new Promise(setImmediate);
    }
    stage.source.output('\x1b[?25h\x1b[r\x1b[2;1Hat rest');
    for (const { terminal } of observers) {
      terminal.isSlow = false;
      void terminal.consume();
    }
    for (const observer of observers) await observer.shows('at rest');
    for (const { terminal } of observers) {
      expect(terminal.mostUnconsumed).toBeLessThanOrEqual(128 * 1024);
      terminal[Symbol.dispose]();
    }
    expect(stage.source.closed).toBe(0);
    for (const { display } of observers) display?.close();
  });

  test('skip what they are too slow for, which is counted, and take at most two frames meanwhile', async () => {
    const stage = new Stage();
    const big = { cols: 200, rows: 60 };
    using slow = await stage.watch(new Observer(big));
    using quick = await stage.watch(new Observer(big));
    stage.source.layout(layoutOf(big));
    slow.terminal.isSlow = true;
    const fill = (seed: number) => {
      const colours = Array.from(
        { length: big.cols * big.rows },
        (_, cell) => `\x1b[38;5;${(cell * seed) % 255}mx`,
      );
      return `\x1b[H${colours.join('')}\x1b[m\x1b[H<${seed}>`;
    };
    for (let seed = 2; seed < 9; seed += 1) {
      stage.source.output(fill(seed));
      await quick.shows(`<${seed}>`);
    }
    expect(slow.terminal.mostUnconsumed).toBeGreaterThan(64 * 1024);
    expect(slow.terminal.mostUnconsumed).toBeLessThanOrEqual(128 * 1024);
    expect(slow.skippedFrames).toBeGreaterThan(0);
    expect(quick.skippedFrames).toBeLessThan(slow.skippedFrames);
    slow.terminal.isSlow = false;
    void slow.terminal.consume();
    await slow.shows('<8>');
  });

  test('share the bytes where they are at the same place', async () => {
    const stage = new Stage();
    const written = new Map<FakeTerminal, Uint8Array[]>();
    const observers = [new Observer(SIZE), new Observer(SIZE)];
    for (const observer of observers) {
      const { terminal } = observer;
      const write = terminal.write.bind(terminal);
      written.set(terminal, []);
      terminal.write = (bytes) => {
        written.get(terminal)?.push(bytes);
        write(bytes);
      };
      await stage.watch(observer);
    }
    for (const text of ['one', 'two', 'three']) {
      stage.source.output(text);
      for (const observer of observers) await observer.shows(text);
    }
    const [first = [], second = []] = [...written.values()];
    expect(first.length).toBeGreaterThan(0);
    expect(first.length).toBe(second.length);
    first.forEach((bytes, index) => expect(bytes).toBe(second[index]));
    for (const observer of observers) observer[Symbol.dispose]();
  });
});
