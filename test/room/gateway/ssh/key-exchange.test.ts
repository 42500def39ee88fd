import { createHash, createPublicKey, verify } from 'node:crypto';
import { expect, test } from 'vitest';
import { HYBRID, HybridKeys } from '../../../helpers/hybrid-keys.js';
import { KEX_MESSAGE, RawKeyExchange } from '../../../helpers/raw-key-exchange.js';
import { sshString } from '../../../helpers/raw-ssh-client.js';
import { GatewayRoom } from './room.js';

const CURVE = 'curve25519-sha256';
const ED25519_SPKI = Buffer.from('302a300506032b6570032100', 'hex');

test('the post-quantum method is offered first, and nothing old, unauthenticated or compressed', async () => {
  await using room = await GatewayRoom.open();
  await using raw = await RawKeyExchange.connect(room.port);
  const authenticated =
    'aes256-gcm@openssh.com,aes128-gcm@openssh.com,chacha20-poly1305@openssh.com';
  const ciphers = `${authenticated},aes256-ctr`;
  const macs = 'hmac-sha2-256-etm@openssh.com,hmac-sha2-512-etm@openssh.com';
  expect(raw.serverOffer).toEqual([
    `${HYBRID},${CURVE},${CURVE}@libssh.org,kex-strict-s-v00@openssh.com`,
    'ssh-ed25519,rsa-sha2-512,rsa-sha2-256',
    ciphers,
    ciphers,
    macs,
    macs,
    'none',
    'none',
    '',
    '',
  ]);
});

test('the host key signs an exchange hash over both halves of the hybrid secret', async () => {
  await using room = await GatewayRoom.open();
  await using raw = await RawKeyExchange.connect(room.port);
  const keys = new HybridKeys();
  raw.offer({ kex: [HYBRID] });
  raw.sendKeys(keys.clientInit);
  const [hostKey, serverReply, signature] = stringsOf(await raw.next(KEX_MESSAGE.ecdhReply));
  const { clientVersion, serverVersion, clientInit, serverInit } = raw.transcript;
  const hashed = [clientVersion, serverVersion, clientInit, serverInit, hostKey]
    .concat(keys.clientInit, serverReply, keys.secretFrom(serverReply))
    .map(sshString);
  const exchangeHash = createHash('sha256').update(Buffer.concat(hashed)).digest();
  const spki = Buffer.concat([ED25519_SPKI, hostKey.subarray(-32)]);
  const publicKey = createPublicKey({ key: spki, format: 'der', type: 'spki' });
  expect(verify(null, exchangeHash, publicKey, signature.subarray(-64))).toBe(true);
});

test('a right guess counts: its keys are answered', async () => {
  await using room = await GatewayRoom.open();
  await using raw = await RawKeyExchange.connect(room.port);
  const keys = new HybridKeys();
  raw.offer({ kex: [HYBRID, CURVE], isGuessing: true });
  raw.sendKeys(keys.clientInit);
  expect(stringsOf(await raw.next(KEX_MESSAGE.ecdhReply))[1]).toHaveLength(1120);
});

test.each([
  ['method', { kex: ['sntrup761x25519-sha512', HYBRID] }],
  ['host key', { kex: [HYBRID], hostKeys: ['rsa-sha2-512', 'ssh-ed25519'] }],
  ['order of the methods', { kex: [`${CURVE}@libssh.org`, HYBRID, CURVE] }],
])(
  'a wrong guess of the %s is ignored, and the right keys after it are answered',
  async (_what, offer) => {
    await using room = await GatewayRoom.open();
    await using raw = await RawKeyExchange.connect(room.port);
    raw.offer({ ...offer, isGuessing: true });
    raw.sendKeys(Buffer.from('what the client guessed'));
    const isHybrid = !offer.kex[0]?.startsWith(CURVE);
    raw.sendKeys(isHybrid ? new HybridKeys().clientInit : Buffer.alloc(32, 9));
    const [, serverKeys] = stringsOf(await raw.next(KEX_MESSAGE.ecdhReply));
    expect(serverKeys).toHaveLength(isHybrid ? 1120 : 32);
  },
);

/** The three strings of a reply: host key, the server's keys, signature. */
function stringsOf(reply: Buffer): readonly [Buffer, Buffer, Buffer] {
  const take = (at: number): Buffer => reply.subarray(at + 4, at + 4 + reply.readUInt32BE(at));
  const hostKey = take(1);
  const keys = take(5 + hostKey.length);
  return [hostKey, keys, take(9 + hostKey.length + keys.length)];
}
