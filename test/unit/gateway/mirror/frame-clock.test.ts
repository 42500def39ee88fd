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

  test('ticks a few milliseconds after a lone change, once', () => {
    const { clock, ticks } = started(() => 1);
    clock.request();
    clock.request();
    vi.advanceTimersByTime(1000);
    expect(ticks).toEqual([3]);
    clock.request();
    vi.advanceTimersByTime(1000);
    expect(ticks).toEqual([3, 1003]);
  });

  test('ticks about 15 times a second while everything changes, and shows the last change', () => {
    const { clock, ticks } = started(() => 1);
    change(clock, 1000);
    expect(ticks.length).toBe(16);
    vi.advanceTimersByTime(1000);
    expect(ticks.length).toBe(17);
  });

  test('ticks less often where frames are dear, and as often as before when they no longer are', () => {
    let costMs = 120;
    const { clock, ticks } = started(() => costMs);
    change(clock, 1000);
    expect(ticks).toEqual([3, 203, 403, 603, 803]);
    costMs = 1e9;
    change(clock, 250);
    costMs = 1;
    change(clock, 4000);
    const gaps = ticks.map((at, index) => at - (ticks[index - 1] ?? 0));
    expect(Math.max(...gaps)).toBe(2000);
    expect(gaps.at(-1)).toBe(66);
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
