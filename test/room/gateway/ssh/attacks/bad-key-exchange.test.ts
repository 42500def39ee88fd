/**
 * The first bytes that the gateway computes with come from people it knows nothing about. A client
 * sends keys that are too short or too long, an ML-KEM key that no key generation makes (which may
 * crash a parser or leak by decryption failures), or a point of X25519 for which the shared secret is
 * zero, so that everybody who listens knows it.
 */
import { expect, test } from 'vitest';
import { eventually } from '../../../../helpers/eventually.js';
import { HYBRID, HybridKeys } from '../../../../helpers/hybrid-keys.js';
import { LOW_ORDER_POINTS } from '../../../../helpers/low-order-points.js';
import { RawKeyExchange } from '../../../../helpers/raw-key-exchange.js';
import { runSsh } from '../../../../helpers/ssh-client.js';
import { GatewayRoom } from '../room.js';

const CURVE = 'curve25519-sha256';
const FAILED = 'Error while computing DH secret';
const [ZERO] = LOW_ORDER_POINTS;

function changed(change: (keys: Buffer) => Buffer | undefined): Buffer {
  const keys = new HybridKeys().clientInit;
  return change(keys) ?? keys;
}

test.each([
  ['no keys at all', HYBRID, Buffer.alloc(0), /must be 1216 bytes, got 0$/],
  [
    'keys one byte short',
    HYBRID,
    changed((keys) => keys.subarray(1)),
    /must be 1216 bytes, got 1215$/,
  ],
  ['keys of 32,000 bytes', HYBRID, Buffer.alloc(32_000), /must be 1216 bytes, got 32000$/],
  [
    'an ML-KEM key beyond the modulus',
    HYBRID,
    changed((keys) => void keys.fill(0xff, 0, 3)),
    /ML-KEM key is bad: .*modulus$/,
  ],
  [
    'an X25519 key of zeros beside a good ML-KEM key',
    HYBRID,
    changed((keys) => void keys.fill(0, 1184)),
    /X25519 key is bad$/,
  ],
  ['an X25519 key of zeros', CURVE, Buffer.from(ZERO, 'hex'), /./],
  ['an X25519 key of 31 bytes', CURVE, Buffer.alloc(31, 9), /./],
  ['an empty X25519 key', CURVE, Buffer.alloc(0), /./],
])(
  'a client that sends %s is cut off, and its neighbour gets in',
  async (_what, kex, keys, why) => {
    await using room = await GatewayRoom.open();
    await using raw = await RawKeyExchange.connect(room.port);
    raw.offer({ kex: [kex] });
    raw.sendKeys(keys);
    await raw.closedByServer();
    const closed = await eventually('the connection has ended', () =>
      room.log.find((line) => line['msg'] === 'connection closed'),
    );
    expect(closed['reason']).toMatch(new RegExp(`^${FAILED} \\(\\w+\\): [\\x20-\\x7e]+$`));
    expect(closed['reason']).toMatch(why);
    expect(room.log.filter(({ level }) => level === 'error')).toEqual([]);
    expect(await runSsh(room.target, { command: ['who'] })).toMatchObject({ code: 0 });
  },
);
