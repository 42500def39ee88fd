/**
 * The login is the session's name and is part of what is signed. A client that changes it on the way
 * must not end up with a signature for one session and the name of another.
 */
import { expect, test } from 'vitest';
import { MESSAGE, RawSshClient, signer, sshString } from '../../../../helpers/raw-ssh-client.js';
import { GatewayRoom } from '../room.js';

const algorithm = 'ssh-ed25519';

test('a client that changes its login between two requests is cut off', async () => {
  await using room = await GatewayRoom.open();
  const { blob, path } = room.key;
  await using raw = await RawSshClient.connect(room.port);
  raw.requestPublicKey({ algorithm, blob, login: 'pair' });
  await raw.next([MESSAGE.userauthPkOk]);
  raw.requestPublicKey({ algorithm, blob, login: 'secret', sign: signer(path, algorithm) });
  await raw.closedByServer();
  expect(room.audit).toEqual([]);
});

test('a signature for one login is none for another', async () => {
  await using room = await GatewayRoom.open();
  const { blob, path } = room.key;
  await using raw = await RawSshClient.connect(room.port);
  const swapped = (data: Buffer): Buffer =>
    signer(path, algorithm)(Buffer.from(data.toString('latin1').replace('pair', 'peer'), 'latin1'));
  raw.requestPublicKey({ algorithm, blob, sign: swapped });
  await raw.next([MESSAGE.userauthFailure]);
  expect(room.decisions).toMatchObject([{ reason: 'bad-signature' }]);
});

test('requests after the login change nothing', async () => {
  await using room = await GatewayRoom.open();
  await using raw = await RawSshClient.connect(room.port);
  await raw.logIn(room.key.path, room.key.blob);
  raw.requestAuthentication('root', 'none');
  await raw.closedByServer();
  expect(room.audit[0]).toMatchObject({ event: 'authenticated', login: 'pair' });
});

test('the login that was signed names the session', async () => {
  await using room = await GatewayRoom.open();
  const { blob, path } = room.key;
  await using raw = await RawSshClient.connect(room.port);
  raw.requestPublicKey({ algorithm, blob, login: 'other', sign: signer(path, algorithm) });
  await raw.next([MESSAGE.userauthSuccess]);
  await raw.openSession();
  raw.requestOnChannel(0, 'exec', sshString('status'));
  await raw.next([MESSAGE.channelSuccess]);
  expect(room.commands).toMatchObject([{ session: 'other' }]);
});
