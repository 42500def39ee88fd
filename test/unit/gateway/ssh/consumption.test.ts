import { expect, test } from 'vitest';
import { Consumption } from '../../../../src/gateway/ssh/consumption.js';

const KIB = 1024;

/** A client's window and its answers, as the test moves them. */
class Client {
  readonly consumption: Consumption;
  readonly asked: (() => void)[] = [];
  window: number;

  constructor(window: number) {
    this.window = window;
    this.consumption = new Consumption({ window, ask: (answer) => this.asked.push(answer) });
  }

  /** What is unconsumed after so many bytes more were sent, and acknowledged. */
  after(sent: number, acknowledged = 0): number {
    this.window -= sent;
    this.consumption.unconsumedBytes(this.window);
    this.window += acknowledged;
    return this.consumption.unconsumedBytes(this.window);
  }
}

test('what was sent is unconsumed until it is acknowledged', () => {
  const client = new Client(1024 * KIB);
  expect(client.after(20 * KIB)).toBe(20 * KIB);
  expect(client.after(30 * KIB, 48 * KIB)).toBe(2 * KIB);
});

test('a client that acknowledges in small steps is never asked again', () => {
  const client = new Client(1024 * KIB);
  client.after(48 * KIB, 48 * KIB);
  const askedBefore = client.asked.length;
  expect(client.after(500 * KIB)).toBe(500 * KIB);
  expect(client.asked).toHaveLength(askedBefore);
});

test('an answer says that all that was sent before the question was read, and no more', () => {
  const client = new Client(2 ** 31 - 1);
  expect(client.after(100 * KIB)).toBe(100 * KIB);
  expect(client.after(50 * KIB)).toBe(150 * KIB);
  expect(client.asked).toHaveLength(1);
  client.asked.shift()?.();
  expect(client.after(0)).toBe(50 * KIB);
  expect(client.asked).toHaveLength(1);
});

test('one question at a time, however much is sent', () => {
  const client = new Client(2 ** 32 - 1);
  for (let round = 0; round < 100; round += 1) client.after(64 * KIB);
  expect(client.asked).toHaveLength(1);
});

test('an answer that comes after a later acknowledgement takes nothing back', () => {
  const client = new Client(2048 * KIB);
  client.after(1024 * KIB, 1024 * KIB);
  expect(client.after(0)).toBe(0);
  client.asked.shift()?.();
  expect(client.after(10 * KIB)).toBe(10 * KIB);
});

test('a client that opens its window for nothing has no credit for later', () => {
  const client = new Client(64 * KIB);
  expect(client.after(0, 1024 * KIB)).toBe(0);
  expect(client.after(200 * KIB)).toBe(200 * KIB);
});
