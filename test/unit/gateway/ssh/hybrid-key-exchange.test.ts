import { describe, expect, it } from 'vitest';
import { RefusedError } from '../../../../src/base/errors.js';
import { HYBRID_KEY_EXCHANGE } from '../../../../src/gateway/ssh/hybrid-key-exchange.js';
import { HybridKeys } from '../../../helpers/hybrid-keys.js';
import { LOW_ORDER_POINTS } from '../../../helpers/low-order-points.js';

const { respond } = HYBRID_KEY_EXCHANGE;

describe('the hybrid key exchange', () => {
  it('gives both sides the same secret, and another one each time', () => {
    const keys = new HybridKeys();
    const first = respond(keys.clientInit);
    expect(first.reply).toHaveLength(1088 + 32);
    expect(first.secret).toHaveLength(32);
    expect(keys.secretFrom(first.reply)).toEqual(first.secret);
    const second = respond(keys.clientInit);
    expect(keys.secretFrom(second.reply)).toEqual(second.secret);
    expect(second.secret).not.toEqual(first.secret);
  });

  it('depends on both halves of what the client sent', () => {
    const keys = new HybridKeys();
    const other = new HybridKeys();
    const mixed = Buffer.concat([
      keys.clientInit.subarray(0, 1184),
      other.clientInit.subarray(1184),
    ]);
    const { reply, secret } = respond(mixed);
    expect(keys.secretFrom(reply)).not.toEqual(secret);
    expect(other.secretFrom(reply)).not.toEqual(secret);
  });

  it.each([0, 1, 32, 1184, 1215, 1217, 1568])('refuses keys of %i bytes', (length) => {
    const { clientInit } = new HybridKeys();
    const keys = Buffer.concat([clientInit, Buffer.alloc(400)]).subarray(0, length);
    expect(() => respond(keys)).toThrow(RefusedError);
    expect(() => respond(keys)).toThrow(`must be 1216 bytes, got ${length}`);
  });

  it('refuses an encapsulation key with a coefficient beyond the modulus', () => {
    const { clientInit } = new HybridKeys();
    clientInit.fill(0xff, 0, 3);
    expect(() => respond(clientInit)).toThrow(RefusedError);
    expect(() => respond(clientInit)).toThrow('ML-KEM key is bad');
  });

  it.each(LOW_ORDER_POINTS)('refuses the X25519 point %s, whose secret anybody knows', (point) => {
    const { clientInit } = new HybridKeys();
    clientInit.set(Buffer.from(point, 'hex'), 1184);
    expect(() => respond(clientInit)).toThrow(RefusedError);
    expect(() => respond(clientInit)).toThrow('X25519 key is bad');
  });
});
