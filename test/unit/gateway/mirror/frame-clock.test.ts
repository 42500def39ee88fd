import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { FrameClock } from '../../../../src/gateway/mirror/frame-clock.js';

describe('the frame clock', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  /** A clock whose frames take `costMs()`, and when it ticked. */
  function started(costMs: () => number): { clock: FrameClock; ticks: number[] } {
    const ticks: number[] = [];
    const startedAt = performance.now();
    const now = () => performance.now();
    const clock: FrameClock = new FrameClock({
      now,
      onTick: () => {
        ticks.push(now() - startedAt);
        clock.finished(costMs());
      },
    });
    return { clock, ticks };
  }

  /** Something changes once a millisecond. */
  function change(clock: FrameClock, forMs: number): void {
    for (let left = forMs; left > 0; left -= 1) {
      clock.request();
      vi.advanceTimersByTime(1);
    }
  }

  test('ticks at once after a lone change, and once for those of one moment', () => {
    const { clock, ticks } = started(() => 0.5);
    clock.request();
    clock.request();
    vi.advanceTimersByTime(50);
    expect(ticks).toEqual([2]);
    clock.request();
    vi.advanceTimersByTime(1000);
    expect(ticks).toEqual([2, 52]);
  });

  test('shows each of some thirty changes a second by itself, also where one frame was dear', () => {
    const { clock, ticks } = started(() => (ticks.length === 9 ? 8 : 0.5));
    for (let change = 0; change < 30; change += 1) {
      clock.request();
      vi.advanceTimersByTime(30);
    }
    expect(ticks).toEqual(Array.from({ length: 30 }, (_, index) => 30 * index + 2));
  });

  test('comes down to about 15 frames a second while everything changes, and shows the last change', () => {
    const { clock, ticks } = started(() => 1);
    change(clock, 1000);
    const gaps = ticks.slice(1).map((at, index) => at - (ticks[index] ?? 0));
    expect(gaps.slice(0, 4)).toEqual([8, 16, 32, 64]);
    const before = ticks.length;
    vi.advanceTimersByTime(1000);
    expect(ticks.length).toBe(before + 1);
    clock.request();
    vi.advanceTimersByTime(2);
    expect(ticks.length).toBe(before + 2);
  });

  test('takes a tenth of the time where frames are cheap, six tenths at the most, and never rests longer than two seconds', () => {
    let costMs = 4;
    const { clock, ticks } = started(() => costMs);
    for (let round = 0; round < 3; round += 1) {
      clock.request();
      vi.advanceTimersByTime(40);
    }
    expect(ticks).toEqual([2, 42, 82]);
    costMs = 120;
    change(clock, 1000);
    const gaps = ticks.slice(1).map((at, index) => at - (ticks[index] ?? 0));
    expect(gaps.at(-1)).toBe(200);
    costMs = 1e9;
    change(clock, 250);
    costMs = 1;
    change(clock, 4000);
    expect(Math.max(...ticks.slice(1).map((at, index) => at - (ticks[index] ?? 0)))).toBe(2000);
    expect((ticks.at(-1) ?? 0) - (ticks.at(-2) ?? 0)).toBe(66);
  });

  test('does not tick again before a frame has gone out, nor after it was closed', () => {
    let ticks = 0;
    const clock = new FrameClock({ now: () => performance.now(), onTick: () => (ticks += 1) });
    change(clock, 500);
    expect(ticks).toBe(1);
    clock.finished(1);
    vi.advanceTimersByTime(100);
    expect(ticks).toBe(2);
    clock.finished(1);
    clock.request();
    clock.close();
    clock.request();
    vi.advanceTimersByTime(500);
    expect(ticks).toBe(2);
  });
});
