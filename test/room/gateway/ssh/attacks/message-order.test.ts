/**
 * The SSH library keeps a queue of authentication requests that the client can put out of step: with
 * messages that only a server may send, or with several requests at once, of which the last is
 * answered first. A decision that throws there ends the whole process of a careless server, and one
 * that is applied to the wrong request may let somebody in.
 */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { eventually } from '../../../../helpers/eventually.js';
import {
  bytes,
  MESSAGE,
  RawSshClient,
  signer,
  sshString,
  uint32,
} from '../../../../helpers/raw-ssh-client.js';
import { runSsh } from '../../../../helpers/ssh-client.js';
import { GatewayRoom } from '../room.js';

const algorithm = 'ssh-ed25519';
let unhandled: unknown[] = [];
const note = (error: unknown): unknown => unhandled.push(error);

beforeEach(() => {
  unhandled = [];
  process.on('unhandledRejection', note);
  process.on('uncaughtException', note);
});

afterEach(() => {
  process.off('unhandledRejection', note);
  process.off('uncaughtException', note);
});

async function expectServing(room: GatewayRoom): Promise<void> {
  expect((await runSsh(room.target, { command: ['status'] })).code).toBe(0);
  expect(unhandled).toEqual([]);
}

test.each([MESSAGE.userauthFailure, MESSAGE.userauthSuccess, MESSAGE.userauthPkOk])(
  "the server's own message %i changes nothing",
  async (message) => {
    await using room = await GatewayRoom.open();
    await using raw = await RawSshClient.connect(room.port);
    const details = [sshString(''), bytes(0), sshString('')];
    raw.send(bytes(message), ...details);
    raw.requestPublicKey({ algorithm, blob: room.key.blob });
    raw.send(bytes(message), ...details);
    raw.requestAuthentication('pair', 'none');
    await raw.closedByServer();
    expect(await room.ended()).toEqual([`client sent message ${message} out of turn`]);
    expect(room.audit).toEqual([]);
    await expectServing(room);
  },
);

test('several requests at once are each answered for themselves', async () => {
  await using room = await GatewayRoom.open();
  await using raw = await RawSshClient.connect(room.port);
  const { userauthFailure: no, userauthPkOk: acceptable } = MESSAGE;
  expect(await raw.answersToMany(room.key.blob)).toEqual([no, acceptable, no, no]);
  await expectServing(room);
});

test('a client that opens a channel before its login is cut off', async () => {
  await using room = await GatewayRoom.open();
  await using raw = await RawSshClient.connect(room.port);
  raw.requestPublicKey({ algorithm, blob: room.key.blob });
  await raw.next([MESSAGE.userauthPkOk]);
  await expect(raw.openSession()).rejects.toThrow('connection closed');
  expect(room.commands).toEqual([]);
  await expectServing(room);
});

test.each([MESSAGE.userauthRequest, MESSAGE.userauthSuccess, MESSAGE.channelOpenConfirmation])(
  'message %i after the login ends the connection',
  async (message) => {
    await using room = await GatewayRoom.open();
    await using raw = await RawSshClient.connect(room.port);
    await raw.logIn(room.key.path, room.key.blob);
    raw.send(bytes(message), Buffer.alloc(20));
    await raw.closedByServer();
    expect(await room.ended()).toEqual([`client sent message ${message} out of turn`]);
    await expectServing(room);
  },
);

test('messages that say nothing are read for a while and not without end', async () => {
  await using room = await GatewayRoom.open();
  await using raw = await RawSshClient.connect(room.port);
  const ignore = [bytes(MESSAGE.ignore), sshString(Buffer.alloc(1000))];
  for (let sent = 0; sent < 400; sent += 1) raw.send(...ignore);
  raw.requestAuthentication('pair', 'none');
  await raw.next([MESSAGE.userauthFailure]);
  for (let sent = 0; sent < 200; sent += 1) raw.send(...ignore);
  await raw.closedByServer();
  expect(await room.ended()).toEqual(['client sent too much before login']);
});

test.each([
  ['password', [bytes(0), sshString('secret')]],
  ['keyboard-interactive', [sshString(''), sshString('')]],
  [
    'hostbased',
    [sshString('ssh-ed25519'), sshString('k'), sshString('h'), sshString('u'), sshString('s')],
  ],
])('the method %s is refused at once', async (method, details) => {
  await using room = await GatewayRoom.open();
  await using raw = await RawSshClient.connect(room.port);
  raw.requestAuthentication('pair', method, ...details);
  const failure = await raw.next([MESSAGE.userauthFailure]);
  expect(failure.subarray(1)).toEqual(Buffer.concat([sshString('publickey'), bytes(0)]));
  expect(room.decisions).toMatchObject([{ method, outcome: 'refused', reason: 'method' }]);
});

test('an answer of 33 million prompts finds nobody who asked, and costs nothing', async () => {
  await using room = await GatewayRoom.open();
  await using raw = await RawSshClient.connect(room.port);
  raw.requestAuthentication('pair', 'keyboard-interactive', sshString(''), sshString(''));
  await raw.next([MESSAGE.userauthFailure]);
  const before = process.memoryUsage.rss();
  raw.send(bytes(MESSAGE.userauthInfoResponse), uint32(33_554_431));
  raw.requestAuthentication('pair', 'none');
  await raw.next([MESSAGE.userauthFailure]).catch(() => undefined);
  expect(process.memoryUsage.rss() - before).toBeLessThan(64 * 1024 * 1024);
  await expectServing(room);
});

test('asking about keys without end is cut off', async () => {
  await using room = await GatewayRoom.open();
  await using raw = await RawSshClient.connect(room.port);
  for (let count = 0; count < 200; count += 1) {
    raw.requestPublicKey({ algorithm, blob: room.key.blob });
  }
  await raw.closedByServer();
  const closed = (): boolean => room.log.some((line) => line['msg'] === 'connection closed');
  await eventually('the connection has ended', closed);
  expect(room.log.at(-1)).toMatchObject({ reason: 'too many authentication requests' });
  await expectServing(room);
});

test('who signs after a refusal gets in', async () => {
  await using room = await GatewayRoom.open();
  await using raw = await RawSshClient.connect(room.port);
  raw.requestAuthentication('pair', 'password', bytes(0), sshString('secret'));
  await raw.next([MESSAGE.userauthFailure]);
  const { blob, path } = room.key;
  raw.requestPublicKey({ algorithm, blob, sign: signer(path, algorithm) });
  await raw.next([MESSAGE.userauthSuccess]);
});
