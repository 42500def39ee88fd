import { createRequire } from 'node:module';
import { ConfigurationError } from '../../base/errors.js';

/** Which `patches/ssh2+1.17.0.patch` this is written for; both are counted up together. */
const PATCH = 2;

/** A method of key exchange that the patched ssh2 is taught. */
export interface AddedKeyExchange {
  /** The name under which it is negotiated (RFC 4253 §7.1). */
  readonly name: string;
  readonly hashName: string;
  /**
   * Makes the server's half from what the client sent, which may be anything.
   *
   * @throws RefusedError where that is no good: the connection ends, and the message is logged.
   */
  readonly respond: (clientInit: Uint8Array) => {
    readonly reply: Buffer;
    /** The shared secret, which is hashed as an SSH string. */
    readonly secret: Buffer;
  };
}

interface PatchedKex {
  readonly TRIAD_PATCH?: number;
  addKeyExchange(name: string, method: Omit<AddedKeyExchange, 'name'>): void;
}

/**
 * Teaches ssh2 a key exchange, for all servers of the process. Idempotent.
 *
 * @throws ConfigurationError when the ssh2 that is installed is not the patched one.
 */
export function addKeyExchange({ name, ...method }: AddedKeyExchange): void {
  const kex = loadPart('kex.js') as PatchedKex;
  if (kex.TRIAD_PATCH !== PATCH) {
    throw new ConfigurationError(
      `ssh2 must have Triad's patch number ${PATCH}, has ${kex.TRIAD_PATCH ?? 'none'}`,
      { hint: 'npm run build applies what is in patches/; see docs/security.md' },
    );
  }
  kex.addKeyExchange(name, method);
}

/** Whether ssh2 encrypts in native code; without it each byte costs about twice the CPU. */
export function hasNativeCiphers(): boolean {
  return (loadPart('crypto.js') as { readonly bindingAvailable: boolean }).bindingAvailable;
}

function loadPart(file: string): unknown {
  return createRequire(import.meta.url)(`ssh2/lib/protocol/${file}`);
}
