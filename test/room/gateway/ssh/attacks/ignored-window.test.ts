/**
 * A channel's receiver says how much may be sent to it, but the SSH library believes that nobody sends
 * more. While an attachment takes no input, a client that goes on sending fills the gateway's memory.
 */
import { expect, test } from 'vitest';
import { eventually } from '../../../../helpers/eventually.js';
import {
  bytes,
  MESSAGE,
  RawSshClient,
  sshString,
  uint32,
} from '../../../../helpers/raw-ssh-client.js';
import { GatewayRoom } from '../room.js';

/** Attaches, and sends `pieces` of 30,000 bytes to an attachment that takes only the first. */
async function flood(room: GatewayRoom, raw: RawSshClient, pieces: number): Promise<void> {
  await raw.logIn(room.key.path, room.key.blob);
  await raw.openSession();
  const size = [80, 24, 0, 0].map(uint32);
  raw.requestOnChannel(0, 'pty-req', sshString('xterm'), ...size, sshString(''));
  raw.requestOnChannel(0, 'shell');
  await raw.next([MESSAGE.channelData]);
  room.attachment.wantsMore = false;
  for (let sent = 0; sent < pieces; sent += 1) {
    raw.send(bytes(MESSAGE.channelData), uint32(0), sshString(Buffer.alloc(30_000, 'x')));
  }
}

test('a client that sends more than it may ahead is cut off', async () => {
  await using room = await GatewayRoom.open();
  await using raw = await RawSshClient.connect(room.port);
  await flood(room, raw, 200);
  await raw.closedByServer();
  await eventually(
    'the connection has ended',
    () => room.log.at(-1)?.['msg'] === 'connection closed',
  );
  expect(room.log.at(-1)).toMatchObject({ reason: 'client ignored its send window' });
  expect(room.attachment.isDisconnected).toBe(true);
});

test('a client that goes on sending after its end is cut off', async () => {
  await using room = await GatewayRoom.open();
  await using raw = await RawSshClient.connect(room.port);
  await flood(room, raw, 1);
  raw.send(bytes(MESSAGE.channelEof), uint32(0));
  raw.send(bytes(MESSAGE.channelData), uint32(0), sshString('x'));
  await raw.closedByServer();
  expect(await room.ended()).toEqual(['client sent data after its end']);
  expect(room.attachment.isDisconnected).toBe(true);
});

test('a client that sends as much as it may is waited for', async () => {
  await using room = await GatewayRoom.open();
  await using raw = await RawSshClient.connect(room.port);
  await flood(room, raw, 69);
  raw.requestOnChannel(0, 'env', sshString('A'), sshString('b'));
  await raw.next([MESSAGE.channelFailure]);
  const { attachment } = room;
  attachment.wantsMore = true;
  attachment.request.terminal.resumeInput();
  const length = (): number => attachment.received.reduce((sum, piece) => sum + piece.length, 0);
  await eventually('all that was sent has come', () => length() === 69 * 30_000, length);
});
