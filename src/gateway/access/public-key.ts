import { createHash, ECDH } from 'node:crypto';
import type { Problem } from '../../base/errors.js';
import { visible } from '../../base/visible.js';

/** The key types Triad accepts: ed25519, ECDSA on the NIST curves, and RSA of 2048 bits or more. */
export const KEY_TYPES = [
  'ssh-ed25519',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'ssh-rsa',
] as const;

type KeyType = (typeof KEY_TYPES)[number];

/** A public key that was checked: known type, well-formed blob, enough bits. */
export interface PublicKey {
  readonly type: KeyType;
  /** The key as it travels in SSH (RFC 4253 §6.6, RFC 5656 §3.1, RFC 8709 §4). */
  readonly blob: Buffer;
  /** The fingerprint as `ssh-keygen -l` prints it: `SHA256:` and unpadded base64. */
  readonly fingerprint: string;
}

const MIN_RSA_BITS = 2048;
/** What OpenSSL verifies at most (OPENSSL_RSA_MAX_MODULUS_BITS). */
const MAX_RSA_BITS = 16_384;

const CURVES = {
  'ecdsa-sha2-nistp256': { name: 'nistp256', opensslName: 'prime256v1', bytes: 32 },
  'ecdsa-sha2-nistp384': { name: 'nistp384', opensslName: 'secp384r1', bytes: 48 },
  'ecdsa-sha2-nistp521': { name: 'nistp521', opensslName: 'secp521r1', bytes: 66 },
} as const;

type EcdsaType = keyof typeof CURVES;

/**
 * Checks a public key as it stands in a `.pub` file: its type and its base64, which must be
 * canonical and hold exactly one key of that type.
 */
export function parsePublicKey(type: string, base64: string): PublicKey | Problem {
  if (!isKeyType(type)) return { problem: typeProblem(type) };
  const blob = Buffer.from(base64, 'base64');
  if (blob.length === 0 || blob.toString('base64') !== base64) {
    return { problem: 'the key is not complete base64: copy it in one piece' };
  }
  const problem = blobProblem(type, blob);
  if (problem !== undefined) return { problem };
  return { type, blob, fingerprint: fingerprintOf(blob) };
}

/** The fingerprint of a key blob as `ssh-keygen -l` prints it, whether or not the key is good. */
export function fingerprintOf(blob: Uint8Array): string {
  const digest = createHash('sha256').update(blob).digest('base64');
  return `SHA256:${digest.replace(/=+$/, '')}`;
}

/** Whether a word is the name of an SSH key type, accepted or not, rather than something else. */
export function looksLikeKeyType(word: string): boolean {
  return /^(?:ssh|sk-ssh|ecdsa-sha2|sk-ecdsa-sha2|rsa-sha2)-/.test(word);
}

/** What to say about a text that holds a key, but not a public key in OpenSSH's form. */
export function foreignFormProblem(text: string): string | undefined {
  if (text.includes('PRIVATE KEY-----') || text.startsWith('PuTTY-User-Key-File')) {
    return 'this is a private key: keep it secret, and give the .pub file beside it';
  }
  if (/^-{4,5} ?BEGIN [A-Z0-9 ]*PUBLIC KEY ?-{4,5}/.test(text)) {
    return "the key is not in OpenSSH's form: convert it with ssh-keygen -i -f FILE";
  }
  return undefined;
}

function isKeyType(type: string): type is KeyType {
  return (KEY_TYPES as readonly string[]).includes(type);
}

function typeProblem(type: string): string {
  if (type === 'ssh-dss') return 'DSA keys (ssh-dss) are too weak: make an ed25519 key';
  if (/-cert-v\d\d@openssh\.com$/.test(type)) {
    return 'certificates are not supported: give the public key without -cert in its name';
  }
  if (type.startsWith('sk-')) {
    return 'security keys (sk-...) are not supported: make an ed25519 key';
  }
  return `key type must be one of ${KEY_TYPES.join(', ')}, got "${visible(type, 64)}"`;
}

function blobProblem(type: KeyType, blob: Buffer): string | undefined {
  const [inner, ...fields] = splitFields(blob) ?? [];
  if (inner === undefined) return 'the key is damaged: it is cut short or too long';
  if (inner.toString('latin1') !== type) {
    return `the key is not of the type it is said to be, ${type}`;
  }
  switch (type) {
    case 'ssh-ed25519':
      return isEd25519(fields) ? undefined : 'the ed25519 key is damaged';
    case 'ssh-rsa':
      return rsaProblem(fields);
    case 'ecdsa-sha2-nistp256':
    case 'ecdsa-sha2-nistp384':
    case 'ecdsa-sha2-nistp521':
      return isPointOnCurve(type, fields) ? undefined : 'the ECDSA key is damaged';
  }
}

/** The length-prefixed fields (RFC 4251 §5) a blob consists of, or undefined if of anything else. */
function splitFields(blob: Buffer): Buffer[] | undefined {
  const fields: Buffer[] = [];
  let at = 0;
  while (at < blob.length) {
    if (blob.length - at < 4) return undefined;
    const end = at + 4 + blob.readUInt32BE(at);
    if (end > blob.length) return undefined;
    fields.push(blob.subarray(at + 4, end));
    at = end;
  }
  return fields;
}

function isEd25519(fields: readonly Buffer[]): boolean {
  return fields.length === 1 && fields[0]?.length === 32;
}

function isPointOnCurve(type: EcdsaType, fields: readonly Buffer[]): boolean {
  const curve = CURVES[type];
  const [name, point] = fields;
  if (fields.length !== 2 || name?.toString('latin1') !== curve.name) return false;
  // SEC 1 §2.3.3: 4 stands for both coordinates in full.
  if (point?.length !== 1 + 2 * curve.bytes || point[0] !== 4) return false;
  try {
    // Decoding the point checks that it lies on the curve.
    ECDH.convertKey(point, curve.opensslName);
    return true;
  } catch {
    return false;
  }
}

function rsaProblem(fields: readonly Buffer[]): string | undefined {
  const [exponent, modulus] = fields.map(bytesOfOddInteger);
  if (fields.length !== 2 || exponent === undefined || modulus === undefined) {
    return 'the RSA key is damaged';
  }
  if (bitsOf(exponent) < 2) return 'the exponent of the RSA key must be 3 or more';
  const bits = bitsOf(modulus);
  if (bits < MIN_RSA_BITS || bits > MAX_RSA_BITS) {
    return `an RSA key must have ${MIN_RSA_BITS} to ${MAX_RSA_BITS} bits, this one has ${bits}`;
  }
  return undefined;
}

/** The magnitude of an mpint (RFC 4251 §5) that is positive, odd and as short as can be. */
function bytesOfOddInteger(mpint: Buffer): Buffer | undefined {
  const [first = 0, second = 0] = mpint;
  if (((mpint.at(-1) ?? 0) & 1) === 0 || first >= 0x80) return undefined;
  if (first !== 0) return mpint;
  return second >= 0x80 ? mpint.subarray(1) : undefined;
}

function bitsOf(magnitude: Buffer): number {
  return magnitude.length * 8 - (Math.clz32(magnitude[0] ?? 0) - 24);
}
