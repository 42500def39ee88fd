import type { Socket } from 'node:net';
import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { NewcomerInput, Newcomers } from '../../../../src/gateway/ssh/newcomers.js';
import { eventually } from '../../../helpers/eventually.js';

/** Work that takes as long as it says, by a clock that stands still otherwise. */
class Work {
  readonly newcomers = new Newcomers(() => this.#nowMs);
  readonly done: string[] = [];
  #nowMs = 0;

  take(name: string, durationMs = 0): boolean {
    return this.newcomers.take(() => this.spend(name, durationMs));
  }

  spend(name: string, durationMs: number): void {
    this.#nowMs += durationMs;
    this.done.push(name);
  }
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

test('newcomers are served at once until their share of a turn is used up', async () => {
  const work = new Work();
  expect(work.take('first', 2)).toBe(true);
  expect(work.take('second', 2)).toBe(true);
  expect(work.take('third', 6)).toBe(false);
  expect(work.take('fourth', 1)).toBe(false);
  expect(work.done).toEqual(['first', 'second']);
  await nextTurn();
  expect(work.done).toEqual(['first', 'second', 'third']);
  await nextTurn();
  expect(work.done).toEqual(['first', 'second', 'third', 'fourth']);
});

test('whoever comes while others wait stands at the end of the line', async () => {
  const work = new Work();
  work.take('long', 5);
  work.take('waiting', 5);
  await nextTurn();
  work.take('late');
  await nextTurn();
  expect(work.done).toEqual(['long', 'waiting', 'late']);
});

/** A socket whose newcomer's share of this turn is used up. */
function busySocket() {
  const work = new Work();
  const socket = new PassThrough() as unknown as Socket & PassThrough;
  const read: string[] = [];
  socket.on('data', (bytes) => read.push(String(bytes)));
  const input = new NewcomerInput(socket, work.newcomers);
  work.take('somebody else', 5);
  return { work, socket, read, input };
}

test('a socket rests while a piece of it waits, and everything is read in order', async () => {
  const { socket, read } = busySocket();
  socket.write('one');
  socket.write('two');
  await eventually('the second piece waits for its turn', () => socket.isPaused());
  expect(read).toEqual([]);
  await eventually('both pieces are read', () => read.length === 2);
  expect(read).toEqual(['one', 'two']);
});

test('the last words before an end are read before it', async () => {
  const { socket, read } = busySocket();
  let readBeforeEnd: string[] = [];
  socket.once('end', () => {
    readBeforeEnd = [...read];
  });
  socket.emit('data', Buffer.from('goodbye'));
  socket.emit('end');
  expect(readBeforeEnd).toEqual(['goodbye']);
});

test('who has settled in is read without turns', () => {
  const { socket, read, input } = busySocket();
  input.settle();
  socket.emit('data', Buffer.from('typed'));
  expect(read).toEqual(['typed']);
});

test('nothing is read of a socket that was destroyed while it waited', async () => {
  const { socket, read } = busySocket();
  socket.emit('data', Buffer.from('too late'));
  socket.destroy();
  await nextTurn();
  expect(read).toEqual([]);
});
