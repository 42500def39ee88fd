/**
 * One key takes every connection: it logs in again and again, starts nothing, and opens a channel when its
 * time is nearly over. A thousand of these kept everybody out, admins included; `who` and `kick` knew of none
 * of them, and they were all still there after the key was revoked.
 */
import { expect, test } from 'vitest';
import { Disposal } from '../../../../../src/base/disposal.js';
import { engineerName } from '../../../../../src/base/ids.js';
import type { Decision } from '../../../../../src/gateway/access/decide.js';
import type { Role } from '../../../../../src/gateway/access/role.js';
import type { GatewayLimits } from '../../../../../src/gateway/ssh/schema.js';
import { eventually } from '../../../../helpers/eventually.js';
import { bytes, MESSAGE, RawSshClient, uint32 } from '../../../../helpers/raw-ssh-client.js';
import { runSsh, SshClient, sshArguments } from '../../../../helpers/ssh-client.js';
import { type KeyPair, makeKeyPair } from '../../../../helpers/ssh-keys.js';
import { GatewayRoom } from '../room.js';

const ROLES: Readonly<Record<string, Role>> = { ada: 'admin', mallory: 'driver', bob: 'driver' };

interface Story extends AsyncDisposable {
  readonly room: GatewayRoom;
  /** A key of `mallory`, `bob` or another, who is known from now on. */
  key(name: string, engineer?: string): Promise<KeyPair>;
  /** A connection on which nothing is ever started. */
  hoard(key: KeyPair): Promise<RawSshClient>;
}

async function story(
  limits: Partial<GatewayLimits>,
  decide: (engineer: string) => Decision = allowed,
): Promise<Story> {
  const room = await GatewayRoom.open({ limits, decide: ({ engineer }) => decide(engineer) });
  const hoarded = new Disposal();
  return {
    room,
    key: async (name, engineer = name) => {
      const key = await makeKeyPair(room.directory, name);
      room.trust(key, engineer);
      return key;
    },
    hoard: async (key) => {
      const raw = await RawSshClient.connect(room.port);
      hoarded.defer(() => raw[Symbol.asyncDispose]());
      await raw.logIn(key.path, key.blob);
      return raw;
    },
    [Symbol.asyncDispose]: async () => {
      await hoarded.close();
      await room[Symbol.asyncDispose]();
    },
  };
}

function allowed(engineer: string): Decision {
  const role = ROLES[engineer] ?? 'observer';
  return { outcome: 'allowed', engineer: engineerName(engineer), role, expiresAt: null };
}

function status(room: GatewayRoom, key: KeyPair) {
  return runSsh({ ...room.target, keyPath: key.path }, { command: ['status'] });
}

test('a key has so many connections; one more is told so with status 1, and a second one at its farewell', async () => {
  await using s = await story({ maxConnectionsPerKey: 2 });
  const { room } = s;
  const key = await s.key('mallory');
  await s.hoard(key);
  const second = await s.hoard(key);
  const refused = await status(room, key);
  expect(refused).toMatchObject({ code: 1, stdout: '' });
  expect(refused.stderr).toContain('triad: there are 2 connections of this key already');
  await s.hoard(key);
  const turnedAway = await status(room, key);
  expect(turnedAway.code).toBe(255);
  expect(turnedAway.stderr).toContain('triad: there are 2 connections of this key already');
  expect(room.commands).toEqual([]);
  expect(room.audit).toContainEqual(
    expect.objectContaining({ event: 'not-let-in', reason: 'maxConnectionsPerKey' }),
  );
  expect(room.gateway.refused).toMatchObject({ maxConnectionsPerKey: 3, maxGuests: 1 });
  expect((await status(room, await s.key('bob'))).code).toBe(0);
  second.socket.destroy();
  await eventually('there is room again', async () => (await status(room, key)).code === 0);
});

test('an engineer has so many with all keys together', async () => {
  await using s = await story({ maxConnectionsPerEngineer: 2 });
  const [one, two] = [await s.key('one', 'mallory'), await s.key('two', 'mallory')];
  await s.hoard(one);
  await s.hoard(two);
  const refused = await status(s.room, two);
  expect(refused.code).toBe(1);
  expect(refused.stderr).toContain('there are 2 connections of your name already');
  expect((await status(s.room, await s.key('bob'))).code).toBe(0);
});

test('the last slots are kept for admins', async () => {
  await using s = await story({ maxConnections: 4, adminReservedConnections: 2 });
  await s.hoard(await s.key('mallory'));
  await s.hoard(await s.key('eve'));
  const refused = await status(s.room, await s.key('bob'));
  expect(refused.code).toBe(255);
  expect(refused.stderr).toContain('all connection slots are taken but those kept for admins');
  expect((await status(s.room, s.room.key)).code).toBe(0);
  expect(s.room.gateway.refused).toMatchObject({ adminReservedConnections: 1 });
});

test('whoever starts nothing is closed, however often they open and close a channel', async () => {
  await using s = await story({ unusedConnectionTimeoutMs: 1000 });
  const raw = await s.hoard(await s.key('mallory'));
  const renew = async (): Promise<never> => {
    for (;;) {
      await raw.openSession();
      raw.send(bytes(MESSAGE.channelClose), uint32(0));
      await raw.next([MESSAGE.channelClose]);
    }
  };
  await expect(renew()).rejects.toThrow('connection closed');
  expect(await s.room.ended()).toEqual(['nothing was served']);
  expect(s.room.gateway.refused.unusedConnectionTimeout).toBe(1);
});

test('a command that was answered and whose channel its client never closes holds nothing', async () => {
  await using s = await story({ unusedConnectionTimeoutMs: 500 });
  const raw = await s.hoard(await s.key('mallory'));
  await raw.openSession();
  raw.requestOnChannel(0, 'exec', uint32(6), Buffer.from('status'));
  await raw.next([MESSAGE.channelEof]);
  await raw.closedByServer();
  expect(s.room.commands).toHaveLength(1);
});

test('a right that is taken back, or expires, ends connections with and without a view, and no others', async () => {
  const gone = new Map<string, 'session' | 'expired'>();
  await using s = await story({}, (engineer) => {
    const reason = gone.get(engineer);
    if (reason === undefined) return allowed(engineer);
    return { outcome: 'denied', engineer: engineerName(engineer), reason };
  });
  const { room } = s;
  const [mallory, bob] = [await s.key('mallory'), await s.key('bob')];
  const idle = await s.hoard(mallory);
  const opened = await s.hoard(mallory);
  await opened.openSession();
  const spared = await s.hoard(bob);
  const target = { ...room.target, keyPath: mallory.path };
  await using view = new SshClient(sshArguments(target, ['-tt']));
  await view.sees('attached');
  const uses = () => room.gateway.logins.list().map(({ engineer, views }) => [engineer, views]);
  expect(uses()).toEqual([
    ['mallory', 0],
    ['mallory', 0],
    ['bob', 0],
    ['mallory', 1],
  ]);
  gone.set('mallory', 'session');
  room.changeAccess();
  await idle.closedByServer();
  await opened.closedByServer();
  expect(await view.ended).toMatchObject({ code: 77 });
  expect(view.stdout).toContain('triad: your access to pair was taken back; the session goes on');
  await eventually('the kicked connections are gone', () => uses().length === 1);
  expect(spared.isClosed).toBe(false);
  expect(room.endReasons).toEqual(['revoked', 'revoked', 'revoked']);
  gone.set('bob', 'expired');
  room.changeAccess();
  await spared.closedByServer();
  await eventually('the expired connection has ended', () => room.endReasons.at(-1) === 'expired');
});

test('kick ends a connection on which nothing is shown, and its engineer may come back', async () => {
  await using s = await story({});
  const { logins } = s.room.gateway;
  const key = await s.key('mallory');
  const idle = await s.hoard(key);
  await s.hoard(await s.key('bob'));
  expect(logins.kick(({ engineer }) => engineer === 'mallory')).toHaveLength(1);
  await idle.closedByServer();
  await eventually('the kicked connection is gone', () => logins.list().length === 1);
  expect(s.room.endReasons).toEqual(['kicked']);
  expect((await status(s.room, key)).code).toBe(0);
});
