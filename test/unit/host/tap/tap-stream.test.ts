import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { takenWord } from '../../../../src/host/tap/tap-protocol.js';
import { TapStream } from '../../../../src/host/tap/tap-stream.js';
import { TappedOutput } from '../../../../src/host/tap/tapped-output.js';
import { FakeClock } from '../../../helpers/fake-clock.js';

const HELLO = { kind: 'pane', name: 'worker', pid: 1, from: 0, end: 0 } as const;

test('a tap is told what was taken once for many pieces, after a while or when it is much', () => {
  const clock = new FakeClock();
  const socket = new PassThrough();
  const output = new TappedOutput({ clock });
  const stream = new TapStream(socket, { output, clock }, HELLO);
  for (const offset of [1, 2, 3]) stream.take(offset);
  expect(socket.read()).toBeNull();
  clock.pass(100);
  expect(socket.read()).toEqual(takenWord(3));
  clock.pass(1000);
  expect(socket.read()).toBeNull();
  stream.take(3 + 64 * 1024);
  expect(socket.read()).toEqual(takenWord(3 + 64 * 1024));
  output.close();
});
