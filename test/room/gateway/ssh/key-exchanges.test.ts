import { describe, expect, test } from 'vitest';
import { KEY_EXCHANGE_LIMITS } from '../../../../src/gateway/ssh/key-exchanges.js';
import { eventually } from '../../../helpers/eventually.js';
import { RawSshClient } from '../../../helpers/raw-ssh-client.js';
import { runSsh, SshClient, sshArguments } from '../../../helpers/ssh-client.js';
import { GatewayRoom } from './room.js';

const MEGABYTE = 1024 * 1024;

async function loggedIn(room: GatewayRoom): Promise<RawSshClient> {
  const raw = await RawSshClient.connect(room.port);
  await raw.logIn(room.key.path, room.key.blob);
  return raw;
}

/** How often `ssh -v` agreed on new keys; the first of them are the connection's own. */
function exchangesIn(stderr: string): number {
  return (stderr.match(/SSH2_MSG_NEWKEYS received/g) ?? []).length;
}

test('a connection that is reset leaves no timer', async () => {
  await using room = await GatewayRoom.open();
  const timers = (): number =>
    process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
  const before = timers();
  await using raw = await loggedIn(room);
  raw.socket.resetAndDestroy();
  await eventually(
    'there are as few timers as before',
    () => room.endReasons.length === 1 && timers() <= before,
    timers,
  );
});

describe('the gateway changes keys', () => {
  test('after so many bytes to the client, and nothing is lost', async () => {
    const stdout = 'x'.repeat(3 * MEGABYTE);
    await using room = await GatewayRoom.open({
      keyExchangeLimits: { ...KEY_EXCHANGE_LIMITS, maxBytes: MEGABYTE },
      execute: async () => ({ stdout, stderr: '', exitCode: 0 }),
    });
    const result = await runSsh(room.target, { options: ['-v'], command: ['capture'] });
    expect(result).toMatchObject({ code: 0, stdout });
    expect(exchangesIn(result.stderr)).toBeGreaterThan(1);
  });

  test('after so many bytes from the client', async () => {
    await using room = await GatewayRoom.open({
      keyExchangeLimits: { ...KEY_EXCHANGE_LIMITS, maxBytes: 100_000 },
    });
    await using ssh = new SshClient(sshArguments(room.target, ['-tt', '-v']));
    await ssh.sees('attached');
    ssh.type('x'.repeat(150_000));
    await eventually(
      'keys are changed',
      () => exchangesIn(ssh.stderr) > 1,
      () => ssh.stderr,
    );
    ssh.type('under new keys');
    await ssh.sees('under new keys');
  });

  test('after so much time, again and again', async () => {
    await using room = await GatewayRoom.open({
      keyExchangeLimits: { ...KEY_EXCHANGE_LIMITS, maxAgeMs: 50 },
    });
    await using ssh = new SshClient(sshArguments(room.target, ['-tt', '-v']));
    await ssh.sees('attached');
    await eventually(
      'keys are changed',
      () => exchangesIn(ssh.stderr) > 3,
      () => ssh.stderr,
    );
    ssh.type('under new keys');
    await ssh.sees('under new keys');
  });
});

describe('a client that does not finish a key exchange is given up', () => {
  test('when it started it', async () => {
    await using room = await GatewayRoom.open({
      keyExchangeLimits: { ...KEY_EXCHANGE_LIMITS, maxDurationMs: 100 },
    });
    await using raw = await loggedIn(room);
    raw.socket.pause();
    raw.startKeyExchange();
    expect(await room.ended()).toEqual(['client did not finish a key exchange']);
  });

  test('when the gateway started it', async () => {
    await using room = await GatewayRoom.open({
      keyExchangeLimits: { ...KEY_EXCHANGE_LIMITS, maxAgeMs: 10, maxDurationMs: 100 },
    });
    await using raw = await loggedIn(room);
    raw.socket.pause();
    expect(await room.ended()).toEqual(['client did not finish a key exchange']);
  });
});

describe('a client may change keys', () => {
  const noTime = { ...KEY_EXCHANGE_LIMITS, maxBurst: 4, msPerExchange: 3_600_000 };

  async function changeKeys(raw: RawSshClient, times: number): Promise<void> {
    for (let changed = 0; changed < times; changed += 1) {
      const done = raw.keysChanged();
      raw.changeKeys();
      await done;
    }
  }

  test('as often as it was allowed to and not once more', async () => {
    await using room = await GatewayRoom.open({ keyExchangeLimits: noTime });
    await using raw = await loggedIn(room);
    await changeKeys(raw, 4);
    expect(room.endReasons).toEqual([]);
    raw.changeKeys();
    await raw.closedByServer();
    expect(await room.ended()).toEqual(['client changed keys too often']);
  });

  test('with every megabyte without end', async () => {
    const stdout = 'x'.repeat(30 * MEGABYTE);
    await using room = await GatewayRoom.open({
      keyExchangeLimits: noTime,
      execute: async () => ({ stdout, stderr: '', exitCode: 0 }),
    });
    const options = ['-v', '-o', 'RekeyLimit=1M'];
    const result = await runSsh(room.target, { options, command: ['capture'] });
    expect(result.code).toBe(0);
    expect(result.stdout).toHaveLength(stdout.length);
    expect(exchangesIn(result.stderr)).toBeGreaterThan(1 + noTime.maxBurst);
  });
});
