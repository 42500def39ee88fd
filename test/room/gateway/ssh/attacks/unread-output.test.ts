/**
 * A client opens a window of 4 GiB (PuTTY's is 2 GiB) and stops reading. The library then takes all
 * that is written for sent: its queue looks empty while the socket's grows without bound.
 */
import { expect, test } from 'vitest';
import { eventually } from '../../../../helpers/eventually.js';
import { MESSAGE, RawSshClient, sshString, uint32 } from '../../../../helpers/raw-ssh-client.js';
import { runSsh } from '../../../../helpers/ssh-client.js';
import { GatewayRoom } from '../room.js';

async function attached(room: GatewayRoom, window: number): Promise<RawSshClient> {
  const raw = await RawSshClient.connect(room.port);
  await raw.logIn(room.key.path, room.key.blob);
  await raw.openSession(0, { window });
  const size = [80, 24, 0, 0].map(uint32);
  raw.requestOnChannel(0, 'pty-req', sshString('xterm'), ...size, sshString(''));
  raw.requestOnChannel(0, 'shell');
  await raw.next([MESSAGE.channelData]);
  return raw;
}

test.each([65_536, 2 ** 21, 2 ** 31 - 1, 2 ** 32 - 1])(
  'a client with a window of %i bytes that does not read is told apart, and from one that does',
  async (window) => {
    await using room = await GatewayRoom.open();
    await using raw = await attached(room, window);
    const { attachment } = room;
    raw.socket.pause();
    // The kernel takes some megabytes before the gateway has to keep anything itself.
    for (let written = 0; attachment.blocks.length === 0 && written < 8000; written += 1) {
      attachment.write(Buffer.alloc(4096, 'x'));
      await new Promise(setImmediate);
    }
    expect(attachment.blocks).toEqual([true]);
    expect(attachment.isDisconnected).toBe(false);
    if (window < 2 ** 31 - 1) return;
    raw.socket.resume();
    await eventually('the attachment is unblocked', () => attachment.blocks.length === 2);
    expect(attachment.blocks).toEqual([true, false]);
  },
);

test.each([2 ** 20, 2 ** 21, 2 ** 24])(
  'a client that acknowledges when half of its window of %i bytes is used up is served on and on',
  async (window) => {
    await using room = await GatewayRoom.open();
    await using raw = await attached(room, window);
    const { attachment } = room;
    const isBlocked = (): boolean => attachment.blocks.at(-1) ?? false;
    let [written, received, acknowledged] = [0, 0, 0];
    while (acknowledged < 3 * window) {
      attachment.write(Buffer.alloc(16_384, 'x'));
      written += 16_384;
      while (received < written) {
        received += (await raw.next([MESSAGE.channelData])).length - 9;
      }
      if (received - acknowledged >= window / 2) {
        raw.adjustWindow(0, received - acknowledged);
        acknowledged = received;
      } else expect(isBlocked()).toBe(false);
    }
    await eventually('the attachment is unblocked', () => !isBlocked());
  },
);

test('window adjustments out of nowhere do not lift the limit', async () => {
  await using room = await GatewayRoom.open();
  await using raw = await attached(room, 65_536);
  raw.adjustWindow(0, 2 ** 32 - 1 - 65_536);
  raw.socket.pause();
  const { attachment } = room;
  for (let written = 0; attachment.blocks.length === 0 && written < 8000; written += 1) {
    attachment.write(Buffer.alloc(4096, 'x'));
    await new Promise(setImmediate);
  }
  expect(attachment.blocks).toEqual([true]);
});

test('a window beyond 4 GiB ends the connection', async () => {
  await using room = await GatewayRoom.open();
  await using raw = await attached(room, 65_536);
  raw.adjustWindow(0, 2 ** 32 - 1);
  await raw.closedByServer();
  expect(await room.ended()).toEqual(['client opened its window too far']);
});

test('a key exchange that the client never finishes hides nothing', async () => {
  await using room = await GatewayRoom.open();
  await using raw = await attached(room, 2 ** 32 - 1);
  raw.socket.pause();
  raw.startKeyExchange();
  const { attachment } = room;
  let written = 0;
  const write = (): boolean => {
    attachment.write(Buffer.alloc(4096, 'x'));
    written += 4096;
    return attachment.blocks.length > 0;
  };
  await eventually('the attachment is blocked', write);
  // The kernel takes more than that, but nothing gets there any more.
  expect(written).toBeLessThan(1024 * 1024);
});

test('a client that reads all is never blocked by the size of its window', async () => {
  await using room = await GatewayRoom.open();
  await using raw = await attached(room, 2 ** 31 - 1);
  const { attachment } = room;
  for (let written = 0; written < 500; written += 1) {
    attachment.write(Buffer.alloc(4096, 'x'));
    await raw.next([MESSAGE.channelData]);
  }
  expect(attachment.blocks).toEqual([]);
});

test('the output of a command waits for a client that does not read, whatever its window', async () => {
  // More than the kernel takes.
  const length = 16 * 1024 * 1024;
  await using room = await GatewayRoom.open({
    execute: async () => ({ stdout: 'x'.repeat(length), stderr: '', exitCode: 0 }),
  });
  await using raw = await RawSshClient.connect(room.port);
  await raw.logIn(room.key.path, room.key.blob);
  await raw.openSession(0, { window: 2 ** 32 - 1 });
  raw.requestOnChannel(0, 'exec', sshString('capture'));
  raw.socket.pause();
  // Others are served meanwhile.
  expect((await runSsh(room.target, { command: ['capture'] })).stdout).toHaveLength(length);
  // Each byte that comes makes the gateway look at what waits.
  raw.changeWindow(0, 80, 24);
  raw.socket.resume();
  let received = 0;
  while (received < length) received += (await raw.next([MESSAGE.channelData])).length - 9;
  expect(received).toBe(length);
  await raw.next([MESSAGE.channelClose]);
  await raw[Symbol.asyncDispose]();
  expect(await room.ended(2)).toEqual(['client left', 'client left']);
});
