import {
  createHash,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  type KeyObject,
} from 'node:crypto';
import { ml_kem768 as mlKem } from '@noble/post-quantum/ml-kem.js';
import { messageOf, RefusedError } from '../../base/errors.js';
import type { AddedKeyExchange } from './ssh2-patch.js';

const ENCAPSULATION_KEY_BYTES = 1184;
const CLIENT_INIT_BYTES = ENCAPSULATION_KEY_BYTES + 32;

/**
 * `mlkem768x25519-sha256`, the server's half (draft-ietf-sshm-mlkem-hybrid-kex): whoever records the
 * traffic must break ML-KEM-768 (FIPS 203) and X25519 (RFC 7748) to read it later.
 *
 * The client sends an encapsulation key and an X25519 public key; it gets a ciphertext and a public
 * key back. The shared secret is the hash of both secrets and is hashed as a string, not as an mpint.
 */
export const HYBRID_KEY_EXCHANGE: AddedKeyExchange = {
  name: 'mlkem768x25519-sha256',
  hashName: 'sha256',
  respond: (clientInit) => {
    const { length } = clientInit;
    if (length !== CLIENT_INIT_BYTES) {
      throw new RefusedError(`client's keys must be ${CLIENT_INIT_BYTES} bytes, got ${length}`);
    }
    const mlKemPart = encapsulate(clientInit.subarray(0, ENCAPSULATION_KEY_BYTES));
    const x25519Part = agree(clientInit.subarray(ENCAPSULATION_KEY_BYTES));
    return {
      reply: Buffer.concat([mlKemPart.cipherText, x25519Part.publicKey]),
      secret: createHash('sha256')
        .update(mlKemPart.sharedSecret)
        .update(x25519Part.sharedSecret)
        .digest(),
    };
  },
};

/** Checks the key's modulus first (FIPS 203 §7.2). */
function encapsulate(encapsulationKey: Uint8Array): ReturnType<typeof mlKem.encapsulate> {
  try {
    return mlKem.encapsulate(encapsulationKey);
  } catch (cause) {
    throw new RefusedError(`client's ML-KEM key is bad: ${messageOf(cause)}`, { cause });
  }
}

function agree(clientKey: Uint8Array): { publicKey: Buffer; sharedSecret: Buffer } {
  const { privateKey, publicKey } = generateKeyPairSync('x25519');
  try {
    const sharedSecret = diffieHellman({ privateKey, publicKey: importX25519(clientKey) });
    return { publicKey: exportX25519(publicKey), sharedSecret };
  } catch (cause) {
    // OpenSSL refuses a point that makes the secret all zero, as RFC 8731 §3 demands.
    throw new RefusedError("client's X25519 key is bad", { cause });
  }
}

function importX25519(raw: Uint8Array): KeyObject {
  const x = Buffer.from(raw).toString('base64url');
  return createPublicKey({ key: { kty: 'OKP', crv: 'X25519', x }, format: 'jwk' });
}

function exportX25519(key: KeyObject): Buffer {
  return Buffer.from(key.export({ format: 'jwk' }).x ?? '', 'base64url');
}
