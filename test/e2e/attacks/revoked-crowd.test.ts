/**
 * Somebody logs in a crowd of connections that start nothing. `who` said that nobody is attached, `kick` that
 * they are not attached, and after `revoke` they were all still there. Each is listed and counted, and each
 * way to take a right back ends them all, with or without a view, and nobody else's.
 */
import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ConnectionInfo } from '../../../src/gateway/commands/connection-info.js';
import { count } from '../../helpers/counts.js';
import { eventually } from '../../helpers/eventually.js';
import { RawSshClient } from '../../helpers/raw-ssh-client.js';
import { runSsh } from '../../helpers/ssh-client.js';
import { TriadHome, type Up } from '../../helpers/triad-home.js';

const FILE = 'keys/authorized_keys';
const CROWD = count(10, 300);

let home: TriadHome;
let up: Up;
/** Of olga, whom nothing of this is about. */
let spared: RawSshClient;
let granted = '';

beforeAll(async () => {
  home = await TriadHome.make({ people: { dora: 'driver', olga: 'observer' } });
  writeFileSync(
    home.path('config/gateway.yaml'),
    'limits: {maxConnectionsPerKey: 1000, maxConnectionsPerEngineer: 1000, unusedConnectionTimeout: 1h}\n',
  );
  up = await home.up();
  granted = home.read(FILE);
  spared = await loggedIn('olga');
});

afterAll(async () => {
  await spared[Symbol.asyncDispose]();
  await home[Symbol.asyncDispose]();
});

async function loggedIn(person: 'dora' | 'olga'): Promise<RawSshClient> {
  const raw = await RawSshClient.connect(up.port);
  await raw.logIn(home.keyOf(person), home.blobOf(person));
  return raw;
}

async function connections(): Promise<readonly ConnectionInfo[]> {
  const { stdout } = await home.run(['who', '--connections', '--json']);
  return JSON.parse(stdout) as ConnectionInfo[];
}

function asAdmin(...command: string[]) {
  return runSsh({ port: up.port, keyPath: home.adminKey }, { command });
}

const WAYS: readonly (readonly [string, string, () => Promise<unknown>])[] = [
  ['kick', 'kicked', () => asAdmin('kick', 'dora')],
  ['revoke', 'revoked', () => asAdmin('revoke', 'dora')],
  ['expiry', 'expired', () => home.run(['grant', 'dora', '--role', 'driver', '--for', '1s'])],
  [
    'another from= by hand',
    'revoked',
    async () =>
      writeFileSync(home.path(FILE), granted.replace('role="driver"', '$&,from="192.0.2.1"')),
  ],
];

test.each(WAYS)('%s ends a crowd on which nothing is shown', async (_way, reason, end) => {
  writeFileSync(home.path(FILE), granted);
  const asDora = { port: up.port, keyPath: home.keyOf('dora') };
  const isIn = async () => (await runSsh(asDora, { command: ['who'] })).code === 0;
  await eventually('dora is let in', isIn);
  const crowd: RawSshClient[] = [];
  while (crowd.length < CROWD) crowd.push(await loggedIn('dora'));
  const ofDora = async () => (await connections()).filter(({ engineer }) => engineer === 'dora');
  const members = (await ofDora()).filter(({ role }) => role === 'driver');
  expect(members).toHaveLength(CROWD);
  expect(members[0]).toMatchObject({ session: 'pair', views: 0, commands: 0 });
  expect((await home.status()).gateway.connections.loggedIn).toBeGreaterThan(CROWD);
  expect(await end()).not.toMatchObject({ code: 255 });
  for (const raw of crowd) await raw.closedByServer();
  await eventually('no connection of dora is left', async () => (await ofDora()).length === 0);
  const closed = home
    .lines('state/audit.jsonl')
    .filter((record) => record['event'] === 'connection-closed' && record['reason'] === reason);
  expect(closed.length).toBeGreaterThanOrEqual(CROWD);
  expect(spared.isClosed).toBe(false);
  expect((await asAdmin('status')).code).toBe(0);
});
