import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { TapFrameReader } from '../../../../src/host/tap/tap-protocol.js';
import { count } from '../../../helpers/counts.js';
import { eventually } from '../../../helpers/eventually.js';
import { getTapBinary } from '../../../helpers/native-binary.js';

const MIB = 1024 * 1024;

/** A tap, and a host that reads nothing until it is told to. */
class UnreadTap implements AsyncDisposable {
  readonly #directory = mkdtempSync(join(tmpdir(), 'triad-tap-'));
  readonly #path = join(this.#directory, 's');
  readonly #server = createServer({ pauseOnConnect: true }, (socket) => {
    this.socket = socket;
  }).listen(this.#path);
  readonly tap = spawn(getTapBinary().path, [this.#path, 'worker', '/dev/null'], {
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  readonly ended = new Promise((resolve) => this.tap.once('exit', resolve));
  socket: Socket | undefined;

  constructor() {
    this.tap.stdin.on('error', () => undefined);
  }

  /** Resolves when the tap has read it all. */
  put(bytes: Uint8Array): Promise<void> {
    return new Promise((resolve) => this.tap.stdin.write(bytes, () => resolve()));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.tap.kill('SIGKILL');
    await this.ended;
    this.socket?.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
    rmSync(this.#directory, { recursive: true, force: true });
  }
}

/** Numbered lines of 16 bytes. */
function numbered(bytes: number): Buffer {
  const line = (at: number) => `${String(at).padStart(15)}\n`;
  return Buffer.from(Array.from({ length: bytes / 16 }, (_, at) => line(at)).join(''));
}

test('a host that does not read costs the oldest output, is told how much, and the input is read', async () => {
  await using unread = new UnreadTap();
  const all = numbered(count(4, 100) * MIB);
  await unread.put(all);
  unread.tap.stdin.end();
  const socket = await eventually('the tap is connected', () => unread.socket);
  const reader = new TapFrameReader();
  let offset = 0;
  let lost = 0;
  let isRight = true;
  socket.on('data', (bytes: Buffer) => {
    for (const frame of reader.read(bytes)) {
      if (frame.kind === 'gap') {
        offset += frame.bytes;
        lost += frame.bytes;
      } else if (frame.kind === 'output') {
        const { length } = frame.bytes;
        isRight &&= all.subarray(offset, offset + length).equals(frame.bytes);
        offset += length;
      }
    }
  });
  socket.resume();
  await unread.ended;
  await eventually(
    'all is accounted for',
    () => offset === all.length,
    () => offset,
  );
  expect(isRight).toBe(true);
  expect(lost).toBeGreaterThan(all.length - 2 * MIB);
});

test('a tap ends after its input, whether its host reads the rest or not', async () => {
  await using unread = new UnreadTap();
  await unread.put(numbered(2 * MIB));
  unread.tap.stdin.end();
  await unread.ended;
  expect(unread.tap.exitCode).toBe(0);
});

test.each([
  [[]],
  [['/no/such/socket', 'worker', '/dev/null']],
  [[`/${'x'.repeat(200)}`, 'worker', '/dev/null']],
])('a tap of %j ends at once', async (args) => {
  const tap = spawn(getTapBinary().path, args, { stdio: ['pipe', 'ignore', 'ignore'] });
  expect(await new Promise((resolve) => tap.once('exit', resolve))).toBe(1);
});
