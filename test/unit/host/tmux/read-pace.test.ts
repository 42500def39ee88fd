import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { DRIVER_PACE, MIRROR_PACE, ReadPace } from '../../../../src/host/tmux/read-pace.js';

const KIBIBYTE = 1024;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function open() {
  const source = { pause: vi.fn(), resume: vi.fn() };
  return { source, pace: new ReadPace(source, DRIVER_PACE) };
}

test('a repaint of 64 KiB is read at once', () => {
  const { source, pace } = open();
  for (let count = 0; count < 16; count++) pace.count(4 * KIBIBYTE);
  expect(source.pause).not.toHaveBeenCalled();
});

test('more than that in no time waits 16 ms, once', () => {
  const { source, pace } = open();
  pace.count(64 * KIBIBYTE);
  pace.count(1);
  pace.count(1);
  expect(source.pause).toHaveBeenCalledOnce();
  vi.advanceTimersByTime(15);
  expect(source.resume).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1);
  expect(source.resume).toHaveBeenCalledOnce();
});

test('a flood is read at 1 MiB a second, a stream below it without a pause', () => {
  const { source, pace } = open();
  for (let ms = 0; ms < 1000; ms++) {
    pace.count(KIBIBYTE);
    vi.advanceTimersByTime(1);
  }
  expect(source.pause).not.toHaveBeenCalled();
  pace.count(64 * KIBIBYTE);
  for (let slice = 1; slice <= 10; slice++) {
    pace.count(17 * KIBIBYTE);
    expect(source.pause).toHaveBeenCalledTimes(slice);
    vi.advanceTimersByTime(16);
  }
});

test('a closed pace leaves no timer and resumes nothing', () => {
  const { source, pace } = open();
  pace.count(65 * KIBIBYTE);
  pace.close();
  expect(vi.getTimerCount()).toBe(0);
  expect(source.resume).not.toHaveBeenCalled();
});

test('the mirror reads lines and a redraw at once, rests after each read of a flood, and soon no more', () => {
  const source = { pause: vi.fn(), resume: vi.fn() };
  const pace = new ReadPace(source, MIRROR_PACE);
  pace.count(16 * KIBIBYTE);
  expect(source.pause).not.toHaveBeenCalled();
  for (let slice = 1; slice <= 100; slice++) {
    pace.count(256 * KIBIBYTE);
    expect(source.pause).toHaveBeenCalledTimes(slice);
    vi.advanceTimersByTime(20);
    expect(source.resume).toHaveBeenCalledTimes(slice);
  }
  vi.advanceTimersByTime(2000);
  pace.count(100);
  expect(source.pause).toHaveBeenCalledTimes(100);
});
