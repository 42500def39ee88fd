/**
 * A crowd connects and stays: some say nothing, some identify themselves and stop,
 * some send most of a packet and never its end. With the limits wide open each costs less than 64 KiB, for
 * as long as it has to log in; with the limits as they come, the crowd is mostly not let in.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { count } from '../../helpers/counts.js';
import { eventually } from '../../helpers/eventually.js';
import { runSsh } from '../../helpers/ssh-client.js';
import { TcpCrowd } from '../../helpers/tcp.js';
import { TriadHome, type Up } from '../../helpers/triad-home.js';

const CROWD = count(300, 3000);
const IDENTIFICATION = Buffer.from('SSH-2.0-crowd\r\n');
/** All but the last bytes of a packet of 32 KiB. */
const MOST_OF_A_PACKET = Buffer.concat([
  Buffer.from([0, 0, 0x7f, 0xfc, 4, 20]),
  Buffer.alloc(32_000),
]);
const WORDS = ['', IDENTIFICATION, Buffer.concat([IDENTIFICATION, MOST_OF_A_PACKET])];

function residentBytes({ process: { pid } }: Up): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) * 1024;
}

async function opened(up: Up, size: number): Promise<TcpCrowd> {
  const crowd = await TcpCrowd.open(size, up.port);
  crowd.members.forEach(({ socket }, index) => socket.write(WORDS[index % WORDS.length] ?? ''));
  return crowd;
}

async function refused(home: TriadHome): Promise<Readonly<Record<string, number>>> {
  return (await home.status()).gateway.refused;
}

test('a silent crowd costs less than 64 KiB each, and is gone when its time is over', async () => {
  await using home = await TriadHome.make();
  writeFileSync(
    home.path('config/gateway.yaml'),
    `limits: {loginGraceTime: ${count(5, 10)}, maxConnections: 10000, maxStartups: 10000, perSourceMaxStartups: 10000}\n`,
  );
  const up = await home.up();
  const before = residentBytes(up);
  await using crowd = await opened(up, CROWD);
  expect(crowd.count('SSH-2.0-Triad')).toBe(CROWD);
  const { code } = await runSsh({ port: up.port, keyPath: home.adminKey }, { command: ['status'] });
  expect(code).toBe(0);
  expect((residentBytes(up) - before) / CROWD).toBeLessThan(64 * 1024);
  await eventually('all are gone', () => crowd.members.every(({ isClosed }) => isClosed));
  expect((await refused(home))['loginGraceTime']).toBe(CROWD);
});

test('a silent crowd from one source gets nine places, and is counted in the status', async () => {
  await using home = await TriadHome.make();
  const up = await home.up();
  const told = async (): Promise<string> => (await home.run(['status'])).stdout;
  expect(await told()).not.toContain('refused:');
  await using crowd = await opened(up, 100);
  expect(crowd.count('Exceeded MaxStartups')).toBe(91);
  const from = ['-b', '127.0.0.2'];
  const target = { port: up.port, keyPath: home.adminKey };
  expect((await runSsh(target, { options: from, command: ['status'] })).code).toBe(0);
  expect(await refused(home)).toMatchObject({ perSourceMaxStartups: 91, maxStartups: 0 });
  expect(await told()).toContain('\nrefused: perSourceMaxStartups 91\n');
  const lines = home.lines('state/triad.log').filter(({ msg }) => msg === 'limit reached');
  expect(lines).toMatchObject([{ limit: 'perSourceMaxStartups', address: '127.0.0.1' }]);
});
