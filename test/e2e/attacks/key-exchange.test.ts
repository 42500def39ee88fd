/**
 * A key exchange costs the gateway milliseconds of its only thread, up to 27 with a large classic
 * group, and a client may ask for one after the other: 749 in three seconds. One that it never
 * finishes makes the library hide all output in a queue that nobody sees. And compression before the
 * login turns 1 MB on the wire into 900 MB of memory.
 */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { AttackedTriad } from '../../helpers/attacked-triad.js';
import { count } from '../../helpers/counts.js';
import { RawSshClient } from '../../helpers/raw-ssh-client.js';
import { runSsh } from '../../helpers/ssh-client.js';

let triad: AttackedTriad;

beforeAll(async () => {
  triad = await AttackedTriad.start();
});

afterAll(async () => {
  await triad[Symbol.asyncDispose]();
});

test('a second key exchange before the login ends the connection', async () => {
  const attack = async (): Promise<void> => {
    await using raw = await triad.connect();
    raw.changeKeys();
    await raw.closedByServer();
  };
  await triad.withstands(attack, { reason: /^client changed keys before login$/ });
});

test('a storm of key exchanges ends the connection', async () => {
  const attack = async (): Promise<void> => {
    for (let storms = 0; storms < count(1, 20); storms += 1) {
      await using raw = await triad.logIn();
      let changed = 0;
      while (!raw.isClosed) {
        const done = raw.keysChanged().catch(() => undefined);
        raw.changeKeys();
        await Promise.race([done, raw.closedByServer()]);
        changed += 1;
      }
      // The burst, and one more for each second and each half megabyte meanwhile.
      expect(changed).toBeLessThan(60);
    }
  };
  await triad.withstands(attack, { reason: /^client changed keys too often$/ });
});

test('key exchanges that are never finished hold nothing', async () => {
  const started: RawSshClient[] = [];
  const attack = async (): Promise<void> => {
    while (started.length < count(5, 50)) {
      const raw = await triad.logIn();
      started.push(raw);
      raw.startKeyExchange();
      raw.socket.pause();
    }
    if (count(0, 1) === 0) for (const raw of started) raw.socket.destroy();
  };
  await triad.withstands(attack, { reason: /^client (left|did not finish a key exchange)$/ });
  for (const raw of started) await raw[Symbol.asyncDispose]();
}, 120_000);

test.each([
  ['compression before the login', { compress: ['zlib' as const] }, /no matching C->S compression/],
  [
    'a key exchange in a group of 8192 bits',
    { kex: ['diffie-hellman-group18-sha512' as const] },
    /no matching key exchange algorithm/,
  ],
])('%s is not to be had', async (_what, algorithms, reason) => {
  const attack = async (): Promise<void> => {
    await expect(RawSshClient.connect(triad.port, algorithms)).rejects.toThrow('closed before');
  };
  await triad.withstands(attack, { reason });
});

test('a client that would like compression gets in without', async () => {
  const target = { port: triad.port, keyPath: triad.home.keyOf('dora') };
  const options = ['-v', '-o', 'Compression=yes'];
  const { code, stderr } = await runSsh(target, { options, command: ['who'] });
  expect(code).toBe(0);
  expect(stderr).toMatch(/kex: server->client .* compression: none/);
  expect(readFileSync(triad.home.path('state/triad.log'), 'utf8')).not.toContain('zlib');
});
