import {
  createHash,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  type KeyObject,
} from 'node:crypto';
import { ml_kem768 as mlKem } from '@noble/post-quantum/ml-kem.js';

export const HYBRID = 'mlkem768x25519-sha256';
const CIPHERTEXT_BYTES = 1088;
const X25519_SPKI = Buffer.from('302a300506032b656e032100', 'hex');

/** A client's half of `mlkem768x25519-sha256` (draft-ietf-sshm-mlkem-hybrid-kex §2). */
export class HybridKeys {
  readonly #mlKem = mlKem.keygen();
  readonly #x25519 = generateKeyPairSync('x25519');

  /** What the client sends. */
  get clientInit(): Buffer {
    return Buffer.concat([this.#mlKem.publicKey, rawX25519(this.#x25519.publicKey)]);
  }

  /** The shared secret, from what the server answered. */
  secretFrom(serverReply: Buffer): Buffer {
    const ciphertext = new Uint8Array(serverReply.subarray(0, CIPHERTEXT_BYTES));
    const point = Buffer.concat([X25519_SPKI, serverReply.subarray(CIPHERTEXT_BYTES)]);
    const publicKey = createPublicKey({ key: point, format: 'der', type: 'spki' });
    const { privateKey } = this.#x25519;
    return createHash('sha256')
      .update(mlKem.decapsulate(ciphertext, this.#mlKem.secretKey))
      .update(diffieHellman({ privateKey, publicKey }))
      .digest();
  }
}

function rawX25519(key: KeyObject): Buffer {
  return key.export({ format: 'der', type: 'spki' }).subarray(-32);
}
