import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A key pair on disk, made by ssh-keygen without a passphrase. */
export interface KeyPair {
  /** The private half; the public one is beside it with `.pub`. */
  readonly path: string;
  /** The whole public line, without its end. */
  readonly publicLine: string;
  readonly type: string;
  readonly blob: Buffer;
}

export interface KeyKind {
  readonly type: 'ed25519' | 'ecdsa' | 'rsa';
  readonly bits?: number;
}

/** Makes `directory/name` and `directory/name.pub`; the name is the comment, too. */
export async function makeKeyPair(
  directory: string,
  name: string,
  kind: KeyKind = { type: 'ed25519' },
): Promise<KeyPair> {
  const path = join(directory, name);
  const bits = kind.bits === undefined ? [] : ['-b', String(kind.bits)];
  await run('ssh-keygen', ['-q', '-t', kind.type, ...bits, '-N', '', '-C', name, '-f', path]);
  const publicLine = (await readFile(`${path}.pub`, 'utf8')).trim();
  const [type = '', base64 = ''] = publicLine.split(' ');
  return { path, publicLine, type, blob: Buffer.from(base64, 'base64') };
}
