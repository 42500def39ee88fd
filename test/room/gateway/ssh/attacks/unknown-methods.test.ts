/**
 * A stranger asks for methods that the gateway does not have, or has never heard of, with a body that
 * is missing, broken or long: to find out which exist, to end its own connection without a failed
 * attempt on record, or to have a password read. Each is a failed attempt like a wrong key
 * (RFC 4252 §5.1), and whoever goes on to their key gets in.
 */
import { expect, test } from 'vitest';
import { visible } from '../../../../../src/base/visible.js';
import { MESSAGE, RawSshClient, sshString } from '../../../../helpers/raw-ssh-client.js';
import { GatewayRoom } from '../room.js';

const METHODS = [
  ['gssapi-with-mic', sshString('body')],
  ['gssapi-keyex', Buffer.alloc(0)],
  ['', Buffer.alloc(0)],
  ['x'.repeat(1000), Buffer.alloc(0)],
  ['\u001b[2J', Buffer.alloc(0)],
  ['PUBLICKEY', Buffer.from([0])],
  ['password', Buffer.alloc(0)],
  ['password', Buffer.from([0, 0xff, 0xff, 0xff, 0xff])],
  ['keyboard-interactive', Buffer.from([0xff])],
  ['hostbased', Buffer.alloc(0)],
] as const;

/** SSH_MSG_USERAUTH_FAILURE that names public keys, and no partial success. */
const REFUSED = Buffer.concat([
  Buffer.from([MESSAGE.userauthFailure]),
  sshString('publickey'),
  Buffer.from([0]),
]);

test.each(METHODS)('method %j is refused as a wrong key is', async (method, body) => {
  await using room = await GatewayRoom.open();
  await using raw = await RawSshClient.connect(room.port);
  raw.requestAuthentication('pair', method, body);
  expect(await raw.next([MESSAGE.userauthFailure])).toEqual(REFUSED);
  expect(room.decisions).toMatchObject([{ outcome: 'refused', reason: 'method', login: 'pair' }]);
  expect(room.decisions[0]?.['method']).toBe(visible(method));
  await raw.logIn(room.key.path, room.key.blob);
});

test('what is asked first to learn the methods is no attempt, and each unknown method is one', async () => {
  await using room = await GatewayRoom.open({ limits: { maxAuthTries: 3 } });
  await using raw = await RawSshClient.connect(room.port);
  for (const method of ['none', 'gssapi-with-mic', 'none']) {
    raw.requestAuthentication('pair', method);
    expect(await raw.next([MESSAGE.userauthFailure])).toEqual(REFUSED);
  }
  raw.requestAuthentication('pair', 'made-up');
  await raw.closedByServer();
  expect(room.decisions.map(({ method }) => method)).toEqual([
    'gssapi-with-mic',
    'none',
    'made-up',
  ]);
  expect(room.audit).toMatchObject([{ event: 'refused', reason: 'method' }]);
});

test('a request that ends before its method is over ends the connection', async () => {
  await using room = await GatewayRoom.open();
  await using raw = await RawSshClient.connect(room.port);
  const head = [sshString('pair'), sshString('ssh-connection'), Buffer.from([0, 0, 1])];
  raw.send(Buffer.from([MESSAGE.userauthRequest]), ...head);
  await raw.closedByServer();
});

test('an unknown method does not let a client change its login', async () => {
  await using room = await GatewayRoom.open();
  await using raw = await RawSshClient.connect(room.port);
  raw.requestAuthentication('pair', 'made-up');
  await raw.next([MESSAGE.userauthFailure]);
  raw.requestAuthentication('other', 'made-up');
  await raw.closedByServer();
});
