import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { SYSTEM_CLOCK } from '../../../../src/base/clock.js';
import { endsOfPeer, LocalPeers, parseRow } from '../../../../src/gateway/ssh/local-peers.js';

const HEAD =
  '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode';

/** A row as the kernel writes it. */
function row(ends: string, { state = '01', uid = 1001 } = {}): string {
  return `  12: ${ends} ${state} 00000000:00000000 02:000A7214 00000000  ${uid}        0 3598 2 00000000ab472b4e 20 4 30 10 -1`;
}

const V4 = '0100007F:C16C 0100007F:08AE';
const MAPPED = '0000000000000000FFFF00000100007F:C16C 0000000000000000FFFF00000100007F:08AE';
const V6 = '00000000000000000000000001000000:C16C 00000000000000000000000001000000:08AE';

function socket(remoteAddress: string, localAddress = remoteAddress) {
  return { remoteAddress, remotePort: 0xc16c, localAddress, localPort: 0x08ae };
}

test.each([
  ['IPv4', V4, socket('127.0.0.1')],
  ['IPv4 on a listener for both', V4, socket('::ffff:127.0.0.1')],
  ['IPv4 from a client for both', MAPPED, socket('127.0.0.1')],
  ['IPv6', V6, socket('::1')],
  ['two addresses of loopback', '0900007F:C16C 0100007F:08AE', socket('127.0.0.9', '127.0.0.1')],
  ['an address of the machine', '0A0200C0:C16C 0A0200C0:08AE', socket('192.0.2.10')],
  [
    'a long IPv6 address',
    'B80D0120000000000000000034120000:C16C B80D0120000000000000000034120000:08AE',
    socket('2001:db8::1234'),
  ],
])('the row of a peer with %s is told by its two ends', (_what, ends, peer) => {
  const parsed = parseRow(row(ends));
  expect(parsed?.uid).toBe(1001);
  expect(parsed?.ends).toBe(endsOfPeer(peer));
});

test('no other row is', () => {
  const ours = endsOfPeer(socket('127.0.0.1'));
  expect(parseRow(row('0100007F:08AE 0100007F:C16C'))?.ends).not.toBe(ours);
  expect(parseRow(row('0100007F:C16D 0100007F:08AE'))?.ends).not.toBe(ours);
  expect(parseRow(row('0200007F:C16C 0100007F:08AE'))?.ends).not.toBe(ours);
});

test.each(['02', '04', '05', '06', '07', '08', '0A'])(
  'a row in state %s says nothing of a user: the kernel has none for those that it alone holds',
  (state) => {
    expect(parseRow(row(V4, { state, uid: 0 }))).toBeUndefined();
  },
);

test.each(['', HEAD, '  12: 0100007F:C16C', row(V4).replace('1001', 'x')])(
  'what is no row, like %j, is passed over',
  (line) => {
    expect(parseRow(line)).toBeUndefined();
  },
);

test('who comes from elsewhere, or is gone, is not asked about', () => {
  expect(endsOfPeer(socket('192.0.2.1', '192.0.2.10'))).toBeUndefined();
  expect(endsOfPeer(socket('2001:db8::1', '2001:db8::2'))).toBeUndefined();
  expect(endsOfPeer({})).toBeUndefined();
  expect(endsOfPeer({ localAddress: '127.0.0.1' })).toBeUndefined();
});

/** Tables with these rows, and who reads them. */
function peersIn(...tables: readonly (readonly string[])[]): LocalPeers {
  const folder = mkdtempSync(join(tmpdir(), 'triad-peers-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const paths = tables.map((rows, index) => {
    const path = join(folder, `table${index}`);
    writeFileSync(path, `${[HEAD, ...rows].join('\n')}\n`);
    return path;
  });
  return new LocalPeers({ clock: SYSTEM_CLOCK, tables: paths });
}

function from(port: number) {
  return { ...socket('127.0.0.1'), remotePort: port };
}

function found(peers: LocalPeers, port: number): Promise<number | undefined> {
  return new Promise((resolve) => peers.findUid(from(port), resolve));
}

function rowOf(port: number, uid: number): string {
  const hex = port.toString(16).toUpperCase().padStart(4, '0');
  return row(`0100007F:${hex} 0100007F:08AE`, { uid });
}

test('users are found in tables longer than a piece, in the second table, or not at all', async () => {
  const rows = Array.from({ length: 3000 }, (_, index) => rowOf(10_000 + index, 5000 + index));
  const peers = peersIn(rows, [rowOf(20_000, 7)]);
  const all = [10_000, 10_433, 12_999, 20_000, 30_000].map((port) => found(peers, port));
  expect(await Promise.all(all)).toEqual([5000, 5433, 7999, 7, undefined]);
});

test('without a table nobody is known, and nobody waits for ever', async () => {
  const peers = new LocalPeers({ clock: SYSTEM_CLOCK, tables: ['/nonexistent'] });
  expect(await found(peers, 1)).toBeUndefined();
  expect(await found(peers, 2)).toBeUndefined();
});

test('a thousand wait for the next read, and one more is not asked about', async () => {
  const peers = peersIn([rowOf(1, 42)]);
  const first = found(peers, 1);
  const waiting = Array.from({ length: 1000 }, (_, index) => found(peers, 2 + index));
  expect(peers.leftOut).toBe(0);
  const answers: unknown[] = [];
  peers.findUid(from(2000), (uid) => answers.push(uid));
  expect(answers).toEqual([undefined]);
  expect(peers.leftOut).toBe(1);
  expect(await first).toBe(42);
  expect(await Promise.all(waiting)).toEqual(Array(1000).fill(undefined));
});

test('who is told takes turns with what else there is, however many they are', async () => {
  const peers = peersIn(Array.from({ length: 30 }, (_, index) => rowOf(1 + index, 42)));
  let turns = 0;
  const turn = (): void => {
    turns += 1;
    if (told < 30) setImmediate(turn);
  };
  let told = 0;
  setImmediate(turn);
  await new Promise<void>((resolve) => {
    for (let port = 1; port <= 30; port += 1) {
      peers.findUid(from(port), () => {
        const startedAt = performance.now();
        while (performance.now() - startedAt < 2);
        told += 1;
        if (told === 1) turns = 0;
        if (told === 30) resolve();
      });
    }
  });
  expect(turns).toBeGreaterThanOrEqual(27);
});
