import ssh2 from 'ssh2';
import type { PublicKey } from '../access/public-key.js';

/** What a client signed to prove that it holds a key (RFC 4252 §7). */
export interface SignedRequest {
  /** Session identifier and request, exactly the bytes that were signed. */
  readonly data: Buffer;
  readonly signature: Buffer;
  /** The digest that an RSA algorithm's name states; undefined where the key decides. */
  readonly digest: 'sha256' | 'sha512' | undefined;
}

/** Whether `request` was signed by the private half of `key`. The only code that asks ssh2. */
export function isSignatureValid(key: PublicKey, request: SignedRequest): boolean {
  const publicKey = ssh2.utils.parseKey(`${key.type} ${key.blob.toString('base64')}`);
  if (publicKey instanceof Error) return false;
  // Declared boolean, but an unusable digest or key yields an Error object, which is truthy.
  const result: unknown = publicKey.verify(request.data, request.signature, request.digest);
  return result === true;
}
