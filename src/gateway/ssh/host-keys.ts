import { createPrivateKey, sign } from 'node:crypto';
import { join } from 'node:path';
import ssh2, { type ParsedKey } from 'ssh2';
import { ConfigurationError, messageOf, systemCode } from '../../base/errors.js';
import { readTrustedFile, type TrustedPath } from '../../base/trusted-file.js';
import { visible } from '../../base/visible.js';
import { fingerprintOf } from '../access/public-key.js';

/** The host keys in the `keys/` folder, in the order in which clients are offered them. */
export const HOST_KEY_FILES = [
  { file: 'ssh_host_ed25519_key', type: 'ssh-ed25519' },
  { file: 'ssh_host_rsa_key', type: 'ssh-rsa' },
] as const;

export interface HostKey {
  readonly type: (typeof HOST_KEY_FILES)[number]['type'];
  /** The fingerprint as `ssh-keygen -l` prints it. */
  readonly fingerprint: string;
  readonly privateKey: ParsedKey;
}

/** Far above any key that ssh-keygen makes. */
const MAX_KEY_FILE_BYTES = 64 * 1024;

/**
 * Reads the gateway's host keys from a folder.
 *
 * @throws ConfigurationError with one problem per key that is missing, unreadable, damaged,
 * encrypted, of another type, open to other users, or theirs.
 */
export async function readHostKeys({ root, path }: TrustedPath): Promise<readonly HostKey[]> {
  const read = await Promise.allSettled(
    HOST_KEY_FILES.map(({ file, type }) => readHostKey({ root, path: join(path, file) }, type)),
  );
  const problems = read.flatMap((result) =>
    result.status === 'rejected' ? [messageOf(result.reason)] : [],
  );
  if (problems.length > 0) throw new ConfigurationError(problems);
  return read.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
}

async function readHostKey(file: TrustedPath, type: HostKey['type']): Promise<HostKey> {
  const { path } = file;
  const privateKey = parsePrivateKey(path, readPrivateFile(file));
  if (privateKey.type !== type) {
    throw new ConfigurationError(`${path}: must be a key of type ${type}, is ${privateKey.type}`);
  }
  return { type, fingerprint: fingerprintOf(privateKey.getPublicSSH()), privateKey };
}

function readPrivateFile(file: TrustedPath): string {
  const { path } = file;
  try {
    const { bytes, status } = readTrustedFile(file, MAX_KEY_FILE_BYTES + 1);
    if (bytes.length > MAX_KEY_FILE_BYTES) {
      throw new ConfigurationError(`${path}: not a key file`);
    }
    // As in sshd (`sshkey_perm_ok`), only the owner's own files can be judged by their mode.
    if (status.uid === process.getuid?.() && (status.mode & 0o077) !== 0) {
      throw new ConfigurationError(
        `${path}: other users may read or write this private key: chmod 600 ${path}`,
      );
    }
    return bytes.toString('utf8');
  } catch (error) {
    throw translate(path, error);
  }
}

function translate(path: string, error: unknown): unknown {
  if (error instanceof ConfigurationError) return error;
  switch (systemCode(error)) {
    case 'ENOENT':
      return new ConfigurationError(`${path}: there is no host key: triad init makes it`);
    case 'EACCES':
      return new ConfigurationError(`${path}: may not be read by this user`, { cause: error });
    case undefined:
      return error;
    default:
      return new ConfigurationError(`${path}: ${messageOf(error)}`, { cause: error });
  }
}

function parsePrivateKey(path: string, content: string): ParsedKey {
  const parsed = ssh2.utils.parseKey(content);
  if (parsed instanceof Error) {
    const isEncrypted = /encrypted/i.test(parsed.message);
    throw new ConfigurationError(
      isEncrypted
        ? `${path}: is protected by a passphrase, which a host key cannot be: ssh-keygen -p -N '' -f ${path}`
        : `${path}: is damaged or no private key (${visible(parsed.message)}); restore it, or remove it and run triad init`,
    );
  }
  if (!parsed.isPrivateKey()) {
    throw new ConfigurationError(`${path}: holds a public key, must hold the private one`);
  }
  return parsed;
}

/**
 * The host keys in the form ssh2 wants.
 *
 * ssh2 adds the SHA-1 algorithm `ssh-rsa` for every RSA key, whatever its options say. Under the
 * names of its SHA-2 algorithms the key is offered for those alone (RFC 8332 §3.1).
 */
export function offeredHostKeys(keys: readonly HostKey[]): { key: ParsedKey }[] {
  return keys.flatMap(({ type, privateKey }) => {
    const names = type === 'ssh-rsa' ? ['rsa-sha2-512', 'rsa-sha2-256'] : [type];
    const properties = { sign: { value: signerOf(privateKey) } };
    return names.map((name) => ({
      key: Object.create(privateKey, { ...properties, type: { value: name } }) as ParsedKey,
    }));
  });
}

/** ssh2 itself parses the key for each signature, which takes ten times as long as to sign. */
function signerOf(privateKey: ParsedKey): ParsedKey['sign'] {
  const key = createPrivateKey(privateKey.getPrivatePEM());
  // ssh2 names a digest for RSA alone.
  return (data, digest) => sign(digest, Buffer.from(data), key);
}
