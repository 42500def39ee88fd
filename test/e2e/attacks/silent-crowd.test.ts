/**
 * A crowd connects and stays: each identifies itself, sends most of a packet, and never its end. With the
 * limits wide open each costs less than 64 KiB, for as long as it has to log in; with the limits as they
 * come, the crowd has the slots of one source, and the oldest of it gives way to whoever comes from there.
 */
import { writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { count } from '../../helpers/counts.js';
import { eventually } from '../../helpers/eventually.js';
import { runSsh } from '../../helpers/ssh-client.js';
import { TcpCrowd } from '../../helpers/tcp.js';
import { TriadHome, type Up } from '../../helpers/triad-home.js';

const CROWD = count(300, 3000);
const IDENTIFICATION = Buffer.from('SSH-2.0-crowd\r\n');
/** All but the last bytes of the longest packet that is taken before login. */
const MOST_OF_A_PACKET = Buffer.concat([
  Buffer.from([0, 0, 0x3f, 0xfc, 4, 20]),
  Buffer.alloc(16_000),
]);

/** Has the program tell, when asked by a signal, what it holds in memory that is no garbage. */
const TELLS_MEMORY = `
  import v8 from 'node:v8';
  import vm from 'node:vm';
  v8.setFlagsFromString('--expose-gc');
  const collectGarbage = vm.runInNewContext('gc');
  process.on('SIGUSR2', () => {
    collectGarbage();
    const { heapUsed, external } = process.memoryUsage();
    console.error('held ' + (heapUsed + external) + ' bytes');
  });
`;

async function heldBytes(up: Up): Promise<number> {
  const told = (): string[] =>
    [...up.stderr().matchAll(/^held (\d+) bytes$/gm)].map(([, n = '']) => n);
  const before = told().length;
  up.process.kill('SIGUSR2');
  return Number(await eventually('the gateway tells what it holds', () => told()[before]));
}

async function opened(up: Up, size: number): Promise<TcpCrowd> {
  const crowd = await TcpCrowd.open(size, up.port);
  for (const { socket } of crowd.members) {
    socket.write(Buffer.concat([IDENTIFICATION, MOST_OF_A_PACKET]));
  }
  return crowd;
}

async function refused(home: TriadHome): Promise<Readonly<Record<string, number>>> {
  return (await home.status()).gateway.refused;
}

test('a silent crowd costs less than 64 KiB each, and is gone when its time is over', async () => {
  const env = {
    NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(TELLS_MEMORY)}`,
  };
  await using home = await TriadHome.make({ env });
  writeFileSync(
    home.path('config/gateway.yaml'),
    `limits: {loginGraceTime: ${count(5, 10)}, maxConnections: 10000, maxStartups: 10000, perSourceMaxStartups: 10000}\n`,
  );
  const up = await home.up();
  const before = await heldBytes(up);
  await using crowd = await opened(up, CROWD);
  expect(crowd.count('SSH-2.0-Triad')).toBe(CROWD);
  const { code } = await runSsh({ port: up.port, keyPath: home.adminKey }, { command: ['status'] });
  expect(code).toBe(0);
  expect(((await heldBytes(up)) - before) / CROWD).toBeLessThan(64 * 1024);
  await eventually('all of the crowd are gone', () =>
    crowd.members.every(({ isClosed }) => isClosed),
  );
  expect((await refused(home))['loginGraceTime']).toBe(CROWD);
});

test('a silent crowd from one source gets its slots and no more, and is counted in the status', async () => {
  await using home = await TriadHome.make();
  const up = await home.up();
  const told = async (): Promise<string> => (await home.run(['status'])).stdout;
  expect(await told()).not.toContain('displaced:');
  await using crowd = await opened(up, 100);
  const open = (): number => crowd.members.filter(({ isClosed }) => !isClosed).length;
  await eventually('64 of the crowd are left', () => open() === 64, open);
  const target = { port: up.port, keyPath: home.adminKey };
  expect((await runSsh(target, { command: ['status'] })).code).toBe(0);
  expect((await home.status()).gateway).toMatchObject({
    displaced: { perSourceMaxStartups: 37, maxStartups: 0 },
    refused: { perSourceMaxStartups: 0, maxStartups: 0 },
  });
  expect(await told()).toContain('\ndisplaced: perSourceMaxStartups 37\n');
  const lines = home.lines('state/triad.log').filter(({ msg }) => msg === 'limit reached');
  expect(lines).toMatchObject([
    { limit: 'perSourceMaxStartups', address: '127.0.0.1', uid: process.getuid?.() },
  ]);
});
