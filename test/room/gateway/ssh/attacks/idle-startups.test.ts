/**
 * A local user opens 64 connections to 127.0.0.1 and says nothing on them, or keeps a login waiting on each;
 * `ssh -J` arrives from that address, too, and nobody got in there any more. The same idle sockets took the last
 * slots of `maxConnections`, so that an admin could not log in. A user of this machine is a source of their own
 * now, who does not go on gives way, and only who is logged in counts towards `maxConnections`.
 */
import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { SYSTEM_CLOCK } from '../../../../../src/base/clock.js';
import { Disposal } from '../../../../../src/base/disposal.js';
import { engineerName } from '../../../../../src/base/ids.js';
import { LocalPeers } from '../../../../../src/gateway/ssh/local-peers.js';
import { type GatewayLimits, gatewaySchema } from '../../../../../src/gateway/ssh/schema.js';
import { eventually } from '../../../../helpers/eventually.js';
import { MESSAGE, RawSshClient } from '../../../../helpers/raw-ssh-client.js';
import { runSsh } from '../../../../helpers/ssh-client.js';
import { makeKeyPair } from '../../../../helpers/ssh-keys.js';
import { Tcp, TcpCrowd } from '../../../../helpers/tcp.js';
import { HAS_OTHER_USERS, UserRelay } from '../../../../helpers/user-relay.js';
import { GatewayRoom, type RoomParts } from '../room.js';

const MALLORY = 60_001;
const NEIGHBOUR = 60_002;

interface Story extends AsyncDisposable {
  readonly room: GatewayRoom;
  /** Where connections of these users go. */
  readonly mallory: UserRelay;
  readonly neighbour: UserRelay;
}

async function story(limits: Partial<GatewayLimits>, parts: RoomParts = {}): Promise<Story> {
  const disposal = new Disposal();
  const localPeers = new LocalPeers({ clock: SYSTEM_CLOCK });
  const room = await GatewayRoom.open({ limits, localPeers, ...parts });
  disposal.defer(() => room[Symbol.asyncDispose]());
  const relay = async (uid: number): Promise<UserRelay> => {
    const opened = await UserRelay.open(uid, room.port);
    disposal.defer(() => opened[Symbol.asyncDispose]());
    return opened;
  };
  const [mallory, neighbour] = [await relay(MALLORY), await relay(NEIGHBOUR)];
  return { room, mallory, neighbour, [Symbol.asyncDispose]: () => disposal.close() };
}

/** The status of a login with real ssh, over a relay or directly. */
async function login({ room }: Story, port = room.port, keyPath = room.key.path) {
  return (await runSsh({ port, keyPath }, { command: ['status'] })).code;
}

/** Clients of a user that keep us waiting in the middle of their login. */
async function asking(relay: UserRelay, count: number): Promise<Disposal> {
  const all = new Disposal();
  for (let left = count; left > 0; left -= 1) {
    const raw = await RawSshClient.connect(relay.port);
    all.defer(() => raw[Symbol.asyncDispose]());
    raw.requestAuthentication('pair', 'none');
    await raw.next([MESSAGE.userauthFailure]);
  }
  return all;
}

test.runIf(HAS_OTHER_USERS)(
  'more idle sockets of a local user than one source has keep nobody out, not even that user (needs root)',
  async () => {
    await using s = await story({});
    await using _idle = await TcpCrowd.open(70, s.mallory.port);
    expect(await login(s)).toBe(0);
    expect(await login(s, s.neighbour.port)).toBe(0);
    expect(await login(s, s.mallory.port)).toBe(0);
    expect(s.room.gateway.refused).toMatchObject({ perSourceMaxStartups: 0, maxStartups: 0 });
    expect(s.room.gateway.displaced.perSourceMaxStartups).toBe(7);
    const lines = s.room.log.filter(({ msg }) => msg === 'limit reached');
    const what = { limit: 'perSourceMaxStartups', outcome: 'displaced' };
    expect(lines).toMatchObject([{ ...what, address: '127.0.0.1', uid: MALLORY }]);
    const accepted = s.room.decisions.map(({ outcome, uid }) => ({ outcome, uid }));
    const uids = [process.getuid?.(), NEIGHBOUR, MALLORY];
    expect(accepted).toEqual(uids.map((uid) => ({ outcome: 'accepted', uid })));
  },
);

test.runIf(HAS_OTHER_USERS)(
  'logins that a local user keeps waiting are in their own way alone (needs root)',
  async () => {
    await using s = await story({ perSourceMaxStartups: 3 });
    await using _waiting = await asking(s.mallory, 3);
    expect(await login(s, s.mallory.port)).toBe(255);
    expect(await login(s)).toBe(0);
    expect(await login(s, s.neighbour.port)).toBe(0);
    expect(s.room.gateway.refused).toMatchObject({ perSourceMaxStartups: 1, maxStartups: 0 });
  },
);

test.runIf(HAS_OTHER_USERS)(
  'nor do they keep anybody out where they take all that may be logging in (needs root)',
  async () => {
    await using s = await story({ maxStartups: { start: 4, rate: 100, full: 4 } });
    await using _waiting = await asking(s.mallory, 4);
    expect(await login(s)).toBe(0);
    expect(await login(s, s.neighbour.port)).toBe(0);
    expect(s.room.gateway.displaced.maxStartups).toBe(1);
    await using _again = await asking(s.mallory, 1);
    expect(await login(s, s.mallory.port)).toBe(255);
  },
);

test.runIf(HAS_OTHER_USERS)(
  'the failures of a local user are not their neighbours’ penalty, where loopback is not exempt (needs root)',
  async () => {
    const { perSourcePenalties } = gatewaySchema.parse({}).limits;
    await using s = await story({
      perSourcePenalties: { ...perSourcePenalties, noauthMs: 60_000 },
      perSourcePenaltyExemptList: [],
    });
    const stranger = await makeKeyPair(s.room.directory, 'stranger');
    expect(await login(s, s.mallory.port, stranger.path)).toBe(255);
    await s.room.ended();
    await using refused = new Tcp(s.mallory.port);
    expect(await refused.read()).toBe('Not allowed at this time\r\n');
    expect(await login(s)).toBe(0);
    expect(await login(s, s.neighbour.port)).toBe(0);
  },
);

test('idle sockets take none of the slots of those who log in, nor the last ones of an admin', async () => {
  const limits = { maxConnections: 2, adminReservedConnections: 1, perSourceMaxStartups: 4 };
  await using room = await GatewayRoom.open({
    limits,
    decide: ({ engineer }) => ({
      outcome: 'allowed',
      engineer: engineerName(engineer),
      role: engineer === 'ada' ? 'admin' : 'driver',
      expiresAt: null,
    }),
  });
  await using _idle = await TcpCrowd.open(4, room.port, '127.0.0.2');
  const key = await makeKeyPair(room.directory, 'bob');
  room.trust(key, 'bob');
  await using bob = await RawSshClient.connect(room.port);
  await bob.logIn(key.path, key.blob);
  await using _more = await TcpCrowd.open(4, room.port, '127.0.0.3');
  expect((await runSsh(room.target, { command: ['status'] })).code).toBe(0);
  expect(bob.isClosed).toBe(false);
  expect(room.gateway.refused.maxConnections).toBe(0);
});

test('a gateway that stops waits for nobody whose user is being looked up', async () => {
  const waiting: ((uid: number) => void)[] = [];
  await using room = await GatewayRoom.open({
    localPeers: { findUid: (_socket, onFound) => waiting.push(onFound) },
  });
  const socket = connect({ port: room.port, host: '127.0.0.1' });
  socket.on('error', () => undefined);
  socket.resume();
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  await eventually('the connection waits', () => waiting.length === 1);
  const stopped = room.gateway.close();
  waiting[0]?.(1001);
  await Promise.all([stopped, closed]);
  expect(room.gateway.counts.open).toBe(0);
});
