import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { readTrustedFile, type TrustedPlace } from '../base/trusted-file.js';
import type { PublicKey } from '../gateway/access/public-key.js';
import { parsePublicKeyFile } from '../gateway/access/public-key-file.js';
import { listAgentKeys } from './ssh-tools.js';

/** ssh(1), FILES: private keys it tries without being told. */
const TRIED_BY_SSH = new Set(['id_rsa', 'id_ecdsa', 'id_ecdsa_sk', 'id_ed25519', 'id_ed25519_sk']);
/** A person's keys; a directory with more is something else. */
const MAX_FILES = 100;
/** Far above any public key. */
const MAX_FILE_BYTES = 64 * 1024;

/** A key of the person at this machine, whose private half they can use. */
export interface OwnKey {
  readonly key: PublicKey;
  readonly publicPath: string;
  /** What `ssh -i` needs; null where ssh finds the key by itself. */
  readonly identity: string | null;
}

/**
 * The supported keys of `~/.ssh/*.pub` whose private half lies beside them or in the agent. A file that others may
 * have written is not theirs.
 */
export async function findOwnKeys(sshDirectory: string): Promise<OwnKey[]> {
  const inAgent = new Set(keysIn(await listAgentKeys()).map(({ fingerprint }) => fingerprint));
  const files = await readdir(sshDirectory).catch(() => []);
  const found: OwnKey[] = [];
  for (const file of files
    .filter((name) => name.endsWith('.pub'))
    .sort()
    .slice(0, MAX_FILES)) {
    const publicPath = join(sshDirectory, file);
    const own = readOwnKey({ root: dirname(sshDirectory), path: publicPath }, inAgent);
    if (own !== undefined) found.push(own);
  }
  return found;
}

/** A key pair by the path of its public half; undefined where no private half is to be had. */
export function readOwnKey(
  place: TrustedPlace,
  inAgent: ReadonlySet<string> = new Set(),
): OwnKey | undefined {
  const { path: publicPath } = place;
  const [key] = keysIn(readOwnText(place));
  if (key === undefined) return undefined;
  const privatePath = publicPath.replace(/\.pub$/, '');
  const isTried = TRIED_BY_SSH.has(privatePath.slice(privatePath.lastIndexOf('/') + 1));
  if (inAgent.has(key.fingerprint)) return { key, publicPath, identity: null };
  if (!existsSync(privatePath)) return undefined;
  return { key, publicPath, identity: isTried ? null : privatePath };
}

function readOwnText(place: TrustedPlace): string {
  try {
    return readTrustedFile(place, MAX_FILE_BYTES).bytes.toString('utf8');
  } catch {
    return '';
  }
}

/** The keys of a text that can be used; a line that cannot be is no key of theirs for us. */
function keysIn(text: string): PublicKey[] {
  return text.split('\n').flatMap((line) => {
    const keys = parsePublicKeyFile(line);
    return 'problem' in keys ? [] : [...keys];
  });
}
