import type { AuthContext, PublicKeyAuthContext } from 'ssh2';
import { MESSAGE } from './message-order.js';

/** What a client asks for in one request (RFC 4252 §5), whatever ssh2 makes of it. */
export interface AuthenticationRequest {
  /** The method as the client named it: any string. */
  readonly method: string;
  readonly context: AuthContext;
}

const NONE = Buffer.from('\0\0\0\u0004none');

/**
 * Shows ssh2 each request for anything but a public key as one for `none`, and remembers its name. By
 * itself ssh2 hangs up on methods that it does not know, and on a broken body of those that it does.
 */
export class NamedMethods {
  #last = 'none';

  /** The message that ssh2 is to handle instead of `payload`. */
  translate(payload: Uint8Array): Uint8Array {
    if (payload[0] !== MESSAGE.authenticationRequest) return payload;
    const bytes = Buffer.from(payload.buffer, payload.byteOffset, payload.length);
    const start = skipString(bytes, skipString(bytes, 1));
    const end = skipString(bytes, start);
    // Broken before it names a method: ssh2 ends it.
    if (start === undefined || end === undefined) return payload;
    const method = bytes.toString('utf8', start + 4, end);
    if (method === 'publickey') return payload;
    this.#last = method;
    return Buffer.concat([bytes.subarray(0, start), NONE]);
  }

  /** The request that ssh2 made of the message that was translated last. */
  name(context: AuthContext): AuthenticationRequest {
    return { method: context.method === 'none' ? this.#last : context.method, context };
  }
}

/** The end of the `string` that starts at `start` (RFC 4251 §5), where there is a whole one. */
function skipString(bytes: Buffer, start: number | undefined): number | undefined {
  if (start === undefined || start + 4 > bytes.length) return undefined;
  const end = start + 4 + bytes.readUInt32BE(start);
  return end <= bytes.length ? end : undefined;
}

/**
 * The algorithm that a request states. ssh2 tells `rsa-sha2-*` as the key's type and a digest, and would
 * name the type alone in its answer, which must repeat the algorithm (RFC 4252 §7).
 */
export function algorithmOf({ key, hashAlgo }: PublicKeyAuthContext): string {
  return hashAlgo === undefined ? key.algo : `rsa-sha2-${hashAlgo.slice('sha'.length)}`;
}
