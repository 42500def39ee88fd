import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { InputQueue } from '../../../../src/host/tmux/input-queue.js';

const KIBIBYTE = 1024;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A terminal with room for so many bytes. */
class Terminal {
  taken = '';
  attempts = 0;
  room: number;
  constructor(room: number) {
    this.room = room;
  }
  readonly write = (bytes: Uint8Array): number => {
    this.attempts++;
    const count = Math.min(this.room, bytes.length);
    this.room -= count;
    this.taken += Buffer.from(bytes.subarray(0, count)).toString();
    return count;
  };
}

test('what can be written is written before push returns', () => {
  const terminal = new Terminal(100);
  const queue = new InputQueue(terminal.write);
  expect(queue.push(Buffer.from('abc'))).toBe('room');
  expect(queue.push(Buffer.from('def'))).toBe('room');
  expect(terminal.taken).toBe('abcdef');
  expect(vi.getTimerCount()).toBe(0);
});

test('what does not fit follows in order', () => {
  const terminal = new Terminal(4);
  const queue = new InputQueue(terminal.write);
  for (const text of ['abc', 'def', 'ghi']) queue.push(Buffer.from(text));
  expect(terminal.taken).toBe('abcd');
  terminal.room = 100;
  vi.runAllTimers();
  expect(terminal.taken).toBe('abcdefghi');
  expect(queue.close()).toBe(0);
});

test('a process that does not read is tried 60 to 70 times a second, not more', () => {
  const terminal = new Terminal(0);
  const queue = new InputQueue(terminal.write);
  queue.push(Buffer.from('abc'));
  vi.advanceTimersByTime(1000);
  expect(terminal.attempts).toBeGreaterThan(60);
  expect(terminal.attempts).toBeLessThan(70);
  queue.close();
});

test('it asks for a pause above 64 KiB and says when the queue is below it again', () => {
  const terminal = new Terminal(0);
  const queue = new InputQueue(terminal.write);
  const drained = vi.fn();
  queue.onDrain(drained);
  expect(queue.push(Buffer.alloc(64 * KIBIBYTE))).toBe('room');
  expect(queue.push(Buffer.alloc(1))).toBe('full');
  vi.advanceTimersByTime(100);
  expect(drained).not.toHaveBeenCalled();
  terminal.room = 1;
  vi.advanceTimersByTime(100);
  expect(drained).toHaveBeenCalledOnce();
  terminal.room = 64 * KIBIBYTE;
  vi.advanceTimersByTime(100);
  expect(drained).toHaveBeenCalledOnce();
});

test('16 MiB wait, one byte more drops everything and closes the queue', () => {
  const terminal = new Terminal(0);
  const queue = new InputQueue(terminal.write);
  const limit = 16 * KIBIBYTE * KIBIBYTE;
  expect(queue.push(Buffer.alloc(limit))).toBe('full');
  expect(queue.push(Buffer.alloc(1))).toBe('overflow');
  terminal.room = 10;
  vi.runAllTimers();
  expect(queue.push(Buffer.alloc(4))).toBe('overflow');
  expect(terminal.taken).toBe('');
  expect(queue.close()).toBe(limit + 5);
});

test('many tiny pieces are an overflow, too', () => {
  const queue = new InputQueue(() => 0);
  const limit = 64 * KIBIBYTE;
  for (let count = 0; count < limit; count++) {
    expect(queue.push(Buffer.of(0))).not.toBe('overflow');
  }
  expect(queue.push(Buffer.of(0))).toBe('overflow');
});

test('a turn takes a bounded amount, so that others get theirs', () => {
  const terminal = new Terminal(Infinity);
  const queue = new InputQueue(terminal.write);
  for (let piece = 0; piece < 3; piece++) queue.push(Buffer.alloc(60 * KIBIBYTE));
  expect(terminal.attempts).toBe(3);
  const stuck = new Terminal(0);
  const full = new InputQueue(stuck.write);
  for (let piece = 0; piece < 4; piece++) full.push(Buffer.alloc(60 * KIBIBYTE));
  stuck.room = Infinity;
  vi.advanceTimersToNextTimer();
  expect(stuck.taken.length).toBe(120 * KIBIBYTE);
  vi.runAllTimers();
  expect(stuck.taken.length).toBe(240 * KIBIBYTE);
});

test('closing drops what waits and leaves no timer', () => {
  const queue = new InputQueue(() => 0);
  queue.push(Buffer.alloc(7));
  expect(queue.close()).toBe(7);
  expect(vi.getTimerCount()).toBe(0);
});
