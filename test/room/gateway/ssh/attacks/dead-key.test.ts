/**
 * A key whose grant has expired, or is not for this address, got SSH success and then a sentence. It cost a
 * whole login each time, earned no penalty, and the connection stayed: a dead key could take every place.
 */
import { expect, test } from 'vitest';
import { engineerName } from '../../../../../src/base/ids.js';
import { gatewaySchema } from '../../../../../src/gateway/ssh/schema.js';
import { eventually } from '../../../../helpers/eventually.js';
import { RawSshClient } from '../../../../helpers/raw-ssh-client.js';
import { runSsh } from '../../../../helpers/ssh-client.js';
import { type KeyPair, makeKeyPair } from '../../../../helpers/ssh-keys.js';
import { GatewayRoom, type RoomParts } from '../room.js';

const DENIED = 'triad: you have no access to a session named "pair" here';

/** Only `ada` has a right; the others' has expired. */
const decide: RoomParts['decide'] = ({ engineer }) =>
  engineer === 'ada'
    ? { outcome: 'allowed', engineer, role: 'driver', expiresAt: null }
    : { outcome: 'denied', engineer, reason: 'expired' };

async function deadKey(room: GatewayRoom, name: string): Promise<KeyPair> {
  const key = await makeKeyPair(room.directory, name);
  room.trust(key, engineerName(name));
  return key;
}

function status(room: GatewayRoom, key: KeyPair, from = '127.0.0.1') {
  const target = { ...room.target, keyPath: key.path };
  return runSsh(target, { options: ['-b', from], command: ['status'] });
}

async function idle(room: GatewayRoom, key: KeyPair): Promise<RawSshClient> {
  const raw = await RawSshClient.connect(room.port);
  await raw.logIn(key.path, key.blob);
  return raw;
}

test('whoever comes with it by mistake is told, and nothing is asked for them', async () => {
  await using room = await GatewayRoom.open({ decide });
  const dead = await deadKey(room, 'eve');
  const told = await status(room, dead);
  expect(told.code).toBe(77);
  expect(told.stderr).toContain(`${DENIED}\n`);
  const shell = await runSsh({ ...room.target, keyPath: dead.path }, { options: ['-tt'] });
  expect(shell).toMatchObject({ code: 77, stdout: `${DENIED}\r\n` });
  expect([...room.commands, ...room.attachments]).toEqual([]);
  expect(room.audit).toMatchObject([
    { event: 'not-let-in', engineer: 'eve', reason: 'expired', login: 'pair' },
    { event: 'not-let-in' },
  ]);
});

test('it has one connection, which ends by itself; the next is turned away with the same sentence', async () => {
  await using room = await GatewayRoom.open({ decide });
  const dead = await deadKey(room, 'eve');
  await using guest = await idle(room, dead);
  expect(room.gateway.counts).toMatchObject({ loggedIn: 1, guests: 1 });
  expect(room.gateway.logins.list()).toMatchObject([{ engineer: 'eve', role: null }]);
  const second = await status(room, dead);
  expect(second.code).toBe(255);
  expect(second.stderr).toContain(DENIED);
  expect((await status(room, room.key)).code).toBe(0);
  await guest.openSession();
  await guest.closedByServer();
  await eventually('the guest is gone', () => room.gateway.counts.guests === 0);
});

test('all of its kind together have a small share of the slots', async () => {
  await using room = await GatewayRoom.open({ decide, limits: { maxGuests: 2 } });
  const dead = await Promise.all(['eve', 'mallory', 'trudy'].map((name) => deadKey(room, name)));
  const [eve, mallory, trudy] = dead as [KeyPair, KeyPair, KeyPair];
  await using _one = await idle(room, eve);
  await using two = await idle(room, mallory);
  expect((await status(room, trudy)).code).toBe(255);
  expect(room.gateway.refused.maxGuests).toBe(1);
  two.socket.destroy();
  await eventually('there is room again', async () => (await status(room, trudy)).code === 77);
});

test('to come with it again and again costs its source a penalty, and a neighbour nothing', async () => {
  const { perSourcePenalties } = gatewaySchema.parse({}).limits;
  await using room = await GatewayRoom.open({
    decide,
    limits: { perSourcePenalties, perSourcePenaltyExemptList: [] },
  });
  const dead = await deadKey(room, 'eve');
  const codes = async (): Promise<unknown> => (await status(room, dead, '127.0.0.2')).code;
  const closed = (count: number) => room.ended(count);
  expect(await codes()).toBe(77);
  await closed(1);
  expect(await codes()).toBe(77);
  await closed(2);
  expect(await codes()).toBe(255);
  expect(room.gateway.refused.perSourcePenalties).toBe(1);
  expect((await status(room, room.key, '127.0.0.3')).code).toBe(0);
});

test('a right that has no place costs its source nothing', async () => {
  await using room = await GatewayRoom.open({
    limits: { maxConnectionsPerKey: 1, perSourcePenaltyExemptList: [] },
  });
  await using first = await idle(room, room.key);
  for (const code of [1, 1, 1]) expect((await status(room, room.key)).code).toBe(code);
  first.socket.destroy();
  await eventually('ada gets in again', async () => (await status(room, room.key)).code === 0);
});
