import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { allOrNothing, Disposal } from '../../../src/base/disposal.js';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** A disposal that notes down what it closes. */
function noted(): { disposal: Disposal; closed: string[]; defer: (name: string) => void } {
  const disposal = new Disposal();
  const closed: string[] = [];
  return { disposal, closed, defer: (name) => disposal.defer(() => void closed.push(name)) };
}

test('what hangs or fails while it is closed keeps nothing else open, and is told', async () => {
  const { disposal, closed, defer } = noted();
  defer('first');
  disposal.defer(() => Promise.reject(new Error('broken')));
  defer('second');
  disposal.defer(() => new Promise(() => undefined));
  defer('third');
  const closing = expect(disposal.close()).rejects.toThrow('waited 5000 ms for a part to close');
  await vi.advanceTimersByTimeAsync(5_001);
  await closing;
  expect(closed).toEqual(['third', 'second', 'first']);
  await expect(disposal.close()).rejects.toThrow('a part to close');
  expect(vi.getTimerCount()).toBe(0);
});

test('what is made while the rest is closed, or afterwards, is closed, too', async () => {
  const { disposal, closed, defer } = noted();
  disposal.defer(() => {
    defer('meanwhile');
  });
  await disposal.close();
  defer('afterwards');
  await disposal.close();
  expect(closed).toEqual(['meanwhile', 'afterwards']);
});

test('of a start that is stopped in the middle nothing stays, whenever it was made', async () => {
  const stop = new AbortController();
  const closed: string[] = [];
  let goOn: () => void = () => undefined;
  const made = allOrNothing(async (disposal) => {
    disposal.defer(() => void closed.push('first'));
    await new Promise<void>((resolve) => {
      goOn = resolve;
    });
    disposal.defer(() => void closed.push('second'));
    return 'made';
  }, stop.signal);
  stop.abort();
  await expect(made).rejects.toThrow('stopped in the middle');
  expect(closed).toEqual(['first']);
  goOn();
  await vi.advanceTimersByTimeAsync(0);
  expect(closed).toEqual(['first', 'second']);
});
