import { describe, expect, test } from 'vitest';
import { EXIT } from '../../../../src/base/exit-codes.js';
import type { GatewayLimits } from '../../../../src/gateway/ssh/schema.js';
import { gatewaySchema } from '../../../../src/gateway/ssh/schema.js';
import { eventually } from '../../../helpers/eventually.js';
import { MESSAGE, RawSshClient, signer } from '../../../helpers/raw-ssh-client.js';
import { runSsh, SshClient, sshArguments } from '../../../helpers/ssh-client.js';
import { makeKeyPair } from '../../../helpers/ssh-keys.js';
import { Tcp } from '../../../helpers/tcp.js';
import { GatewayRoom, type Line } from './room.js';

const EXCEEDED = 'Exceeded MaxStartups\r\n';
const NOT_ALLOWED = 'Not allowed at this time\r\n';
const MINUTE_MS = 60_000;

function limitLines(room: GatewayRoom): readonly Line[] {
  return room.log.filter((line) => line['msg'] === 'limit reached');
}

async function served(room: GatewayRoom, from: string): Promise<Tcp> {
  const tcp = new Tcp(room.port, from);
  await tcp.sees('SSH-2.0-Triad');
  return tcp;
}

/** What a client from `from` that says nothing gets to hear before the connection ends. */
async function turnedAway(room: GatewayRoom, from: string): Promise<string> {
  await using tcp = new Tcp(room.port, from);
  return await tcp.read();
}

function login(room: GatewayRoom, from: string, keyPath = room.key.path) {
  const target = { ...room.target, keyPath };
  return runSsh(target, { options: ['-b', from], command: ['status'] });
}

/** One offence of a kind that counts is too much; the other kinds are a tenth of that. */
function strict(
  ...offences: readonly ('authfailMs' | 'noauthMs' | 'graceExceededMs')[]
): Partial<GatewayLimits> {
  const { perSourcePenalties } = gatewaySchema.parse({}).limits;
  const costs = { authfailMs: 1000, noauthMs: 1000, graceExceededMs: 1000, minMs: 10_000 };
  const counting = Object.fromEntries(offences.map((offence) => [offence, MINUTE_MS]));
  return {
    perSourcePenalties: { ...perSourcePenalties, ...costs, ...counting },
    perSourcePenaltyExemptList: [],
  };
}

/** A client from 127.0.0.1 that is about to log in. */
async function asking(room: GatewayRoom): Promise<RawSshClient> {
  const raw = await RawSshClient.connect(room.port);
  raw.requestAuthentication('pair', 'none');
  await raw.next([MESSAGE.userauthFailure]);
  return raw;
}

describe('maxStartups', () => {
  test('refuses one more than it allows, until one of those has ended', async () => {
    const maxStartups = { start: 2, rate: 100, full: 2 };
    await using room = await GatewayRoom.open({ limits: { maxStartups } });
    await using _first = await asking(room);
    await using second = await asking(room);
    expect(await turnedAway(room, '127.0.0.1')).toBe(EXCEEDED);
    second.socket.destroy();
    await eventually(
      'there is a slot again',
      async () => (await login(room, '127.0.0.1')).code === 0,
    );
    expect(room.gateway.refused.maxStartups).toBeGreaterThanOrEqual(1);
    expect(room.gateway.displaced.maxStartups).toBe(0);
    expect(limitLines(room)).toMatchObject([{ limit: 'maxStartups', address: '127.0.0.1' }]);
  });

  test('has who says nothing give way, whoever comes, and whoever has the most', async () => {
    const maxStartups = { start: 3, rate: 100, full: 3 };
    await using room = await GatewayRoom.open({ limits: { maxStartups } });
    await using silent = await served(room, '127.0.0.2');
    await using _first = await asking(room);
    await using _second = await asking(room);
    expect((await login(room, '127.0.0.1')).code).toBe(0);
    expect(await silent.read()).toContain('triad: Exceeded MaxStartups');
    await using third = await asking(room);
    expect((await login(room, '127.0.0.3')).code).toBe(0);
    expect(third.isClosed).toBe(false);
    expect(room.gateway.displaced.maxStartups).toBe(2);
    expect(room.endReasons.filter((reason) => reason === 'gave way at maxStartups')).toHaveLength(
      2,
    );
    expect(limitLines(room)).toMatchObject([
      { limit: 'maxStartups', address: '127.0.0.2', outcome: 'displaced' },
    ]);
  });

  test('does not count those who are logged in', async () => {
    const maxStartups = { start: 1, rate: 100, full: 1 };
    await using room = await GatewayRoom.open({ limits: { maxStartups } });
    await using ssh = new SshClient(sshArguments(room.target, ['-tt']));
    await ssh.sees('attached');
    await using _asking = await asking(room);
    expect(await turnedAway(room, '127.0.0.1')).toBe(EXCEEDED);
    ssh.type('still here');
    await ssh.sees('still here');
  });
});

describe('perSourceMaxStartups', () => {
  test('refuses one more than it allows from one source, and nobody from another', async () => {
    await using room = await GatewayRoom.open({ limits: { perSourceMaxStartups: 2 } });
    await using _first = await asking(room);
    await using _second = await asking(room);
    expect(await turnedAway(room, '127.0.0.1')).toBe(EXCEEDED);
    expect((await login(room, '127.0.0.3')).code).toBe(0);
    expect(room.gateway.refused).toMatchObject({ perSourceMaxStartups: 1, maxStartups: 0 });
    expect(limitLines(room)).toMatchObject([{ limit: 'perSourceMaxStartups' }]);
  });

  test.each([
    ['nothing', ''],
    ['nothing but its identification', 'SSH-2.0-x\r\n'],
  ])(
    'has who sent %s give way to the next from there, and costs it nothing',
    async (_what, says) => {
      const limits = { ...strict('noauthMs'), perSourceMaxStartups: 2 };
      await using room = await GatewayRoom.open({ limits });
      await using first = await served(room, '127.0.0.2');
      first.socket.write(says);
      await using second = await served(room, '127.0.0.2');
      await using elsewhere = await served(room, '127.0.0.3');
      expect((await login(room, '127.0.0.2')).code).toBe(0);
      expect(await first.read()).toContain('triad: Exceeded MaxStartups');
      expect([second.isClosed, elsewhere.isClosed]).toEqual([false, false]);
      expect(room.gateway.displaced).toMatchObject({ perSourceMaxStartups: 1, maxStartups: 0 });
      expect(room.gateway.refused).toMatchObject({
        perSourceMaxStartups: 0,
        perSourcePenalties: 0,
      });
      expect(limitLines(room)).toMatchObject([
        { limit: 'perSourceMaxStartups', address: '127.0.0.2', outcome: 'displaced' },
      ]);
    },
  );

  test('counts those who are held until the gateway accepts', async () => {
    await using room = await GatewayRoom.open({
      isHeld: true,
      limits: { perSourceMaxStartups: 2 },
    });
    await using first = new Tcp(room.port, '127.0.0.2');
    await using second = new Tcp(room.port, '127.0.0.2');
    expect(await turnedAway(room, '127.0.0.2')).toBe(EXCEEDED);
    room.gateway.accept();
    await first.sees('SSH-2.0-Triad');
    await second.sees('SSH-2.0-Triad');
  });
});

describe('perSourcePenalties', () => {
  const ended = async (room: GatewayRoom, count: number): Promise<void> => {
    const closed = (): boolean =>
      room.log.filter((line) => line['msg'] === 'connection closed').length === count;
    await eventually(`${count} connections ended`, closed);
  };

  test('keep out a source that failed to log in, and nobody else', async () => {
    await using room = await GatewayRoom.open({ limits: strict('authfailMs') });
    const stranger = await makeKeyPair(room.directory, 'stranger');
    await using raw = await RawSshClient.connect(room.port);
    const sign = signer(stranger.path, 'ssh-ed25519');
    raw.requestPublicKey({ algorithm: 'ssh-ed25519', blob: stranger.blob, sign });
    await raw.next([MESSAGE.userauthFailure]);
    raw.socket.destroy();
    await ended(room, 1);
    expect(await turnedAway(room, '127.0.0.1')).toBe(NOT_ALLOWED);
    expect((await login(room, '127.0.0.1')).code).toBe(255);
    expect((await login(room, '127.0.0.3')).code).toBe(0);
    expect(room.gateway.refused.perSourcePenalties).toBe(2);
    expect(limitLines(room)).toMatchObject([{ limit: 'perSourcePenalties', address: '127.0.0.1' }]);
  });

  test('take what a full agent offers for no attempt: its keys are not signed with', async () => {
    await using room = await GatewayRoom.open({ limits: strict('authfailMs') });
    const stranger = await makeKeyPair(room.directory, 'stranger');
    for (const count of [1, 2, 3]) {
      expect((await login(room, '127.0.0.2', stranger.path)).code).toBe(255);
      await ended(room, count);
    }
    expect((await login(room, '127.0.0.2')).code).toBe(0);
  });

  test.each([
    ['noauthMs', 'leaves without a word', ''],
    ['noauthMs', 'leaves after its identification', 'SSH-2.0-x\r\n'],
    ['noauthMs', 'says what no SSH client says', 'GET / HTTP/1.0\r\n\r\n'],
  ] as const)('%s are for a client that %s', async (offence, _what, says) => {
    await using room = await GatewayRoom.open({ limits: strict(offence) });
    const tcp = await served(room, '127.0.0.2');
    tcp.socket.end(says);
    await ended(room, 1);
    expect(await turnedAway(room, '127.0.0.2')).toBe(NOT_ALLOWED);
    expect((await login(room, '127.0.0.3')).code).toBe(0);
  });

  test('graceExceededMs are for a client whose time was over', async () => {
    const limits = { ...strict('graceExceededMs'), loginGraceTimeMs: 100 };
    await using room = await GatewayRoom.open({ limits });
    await using tcp = await served(room, '127.0.0.2');
    await tcp.closed;
    await ended(room, 1);
    expect(await turnedAway(room, '127.0.0.2')).toBe(NOT_ALLOWED);
    expect(room.gateway.refused).toMatchObject({ loginGraceTime: 1, perSourcePenalties: 1 });
  });

  test('are not for clients that log in, whatever they tried before and however they end', async () => {
    const limits = strict('authfailMs', 'noauthMs');
    await using room = await GatewayRoom.open({ limits });
    const stranger = await makeKeyPair(room.directory, 'stranger');
    const options = ['-b', '127.0.0.2', '-i', room.key.path, '-tt'];
    const target = { ...room.target, keyPath: stranger.path };
    await using ssh = new SshClient(sshArguments(target, options));
    await ssh.sees('attached');
    expect(room.decisions).toMatchObject([{ outcome: 'refused' }, { outcome: 'accepted' }]);
    ssh.process.kill('SIGKILL');
    await ended(room, 1);
    expect((await login(room, '127.0.0.2')).code).toBe(0);
  });

  test('are not for exempt networks, loopback among them by default', async () => {
    const { perSourcePenaltyExemptList } = gatewaySchema.parse({}).limits;
    const limits = { ...strict('noauthMs'), perSourcePenaltyExemptList };
    await using room = await GatewayRoom.open({ limits });
    for (const count of [1, 2, 3]) {
      (await served(room, '127.0.0.2')).socket.end();
      await ended(room, count);
    }
    expect((await login(room, '127.0.0.2')).code).toBe(0);
  });

  test('that cannot be kept in memory are counted, and the newest are kept', async () => {
    const { perSourcePenalties, ...rest } = strict('noauthMs');
    if (perSourcePenalties === undefined) throw new Error('no penalties');
    const limits = { ...rest, perSourcePenalties: { ...perSourcePenalties, maxSources: 1 } };
    await using room = await GatewayRoom.open({ limits });
    for (const source of [2, 3]) {
      (await served(room, `127.0.0.${source}`)).socket.end();
      await ended(room, source - 1);
    }
    await eventually(
      'the source that was not kept is counted',
      () => room.gateway.refused.maxSources === 1,
    );
    expect(await turnedAway(room, '127.0.0.3')).toBe(NOT_ALLOWED);
    expect((await login(room, '127.0.0.2')).code).toBe(0);
  });
});

describe('the other limits', () => {
  test('are counted and told, too', async () => {
    await using room = await GatewayRoom.open({
      limits: {
        maxAuthTries: 1,
        maxSessions: 1,
        clientAliveIntervalMs: 200,
        clientAliveCountMax: 1,
      },
    });
    const stranger = await makeKeyPair(room.directory, 'stranger');
    await login(room, '127.0.0.1', stranger.path);
    await using raw = await RawSshClient.connect(room.port);
    raw.ignoreGlobalRequests();
    await raw.logIn(room.key.path, room.key.blob);
    expect((await raw.openSession(0))[0]).toBe(MESSAGE.channelOpenConfirmation);
    expect((await raw.openSession(1))[0]).toBe(MESSAGE.channelOpenFailure);
    await raw.closedByServer();
    const counts = { maxAuthTries: 1, maxSessions: 1, clientAliveCountMax: 1 };
    expect(room.gateway.refused).toMatchObject(counts);
    expect(limitLines(room).map((line) => line['limit'])).toEqual(Object.keys(counts));
  });
});

describe('the log', () => {
  test('has 60 lines a minute about clients that never log in, and all about those that do', async () => {
    await using room = await GatewayRoom.open();
    for (let count = 0; count < 70; count += 1) {
      await using _tcp = await served(room, '127.0.0.1');
    }
    await using ssh = new SshClient(sshArguments(room.target, ['-tt']));
    await ssh.sees('attached');
    room.attachment.end(EXIT.ok);
    const closed = (): readonly Line[] =>
      room.log.filter((line) => line['msg'] === 'connection closed');
    await eventually('the last line is logged', () => closed().length === 61);
    expect(room.decisions).toMatchObject([{ outcome: 'accepted' }]);
  });
});

test('a channel on which nothing is started ends its connection, and one in use does not', async () => {
  await using room = await GatewayRoom.open({ limits: { unusedConnectionTimeoutMs: 3000 } });
  await using idle = await RawSshClient.connect(room.port);
  await idle.logIn(room.key.path, room.key.blob);
  await idle.openSession();
  await using used = await RawSshClient.connect(room.port);
  await used.logIn(room.key.path, room.key.blob);
  await used.openSession();
  used.attach();
  await used.next([MESSAGE.channelData]);
  await idle.closedByServer();
  expect(await room.ended()).toEqual(['nothing was served']);
  used.sendData(0, 'still here');
  await used.next([MESSAGE.channelData]);
});
