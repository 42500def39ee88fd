import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { promisify } from 'node:util';
import { shellWord } from '../base/shell-word.js';
import { readTrustedFile, type TrustedPath } from '../base/trusted-file.js';
import type { Grant } from '../gateway/access/grant.js';
import type { PublicKey } from '../gateway/access/public-key.js';
import { parsePublicKeyFile } from '../gateway/access/public-key-file.js';
import { sshTo } from '../gateway/commands/endpoint.js';
import type { ListenAddress } from '../gateway/ssh/listen-address.js';

/** ssh(1), FILES: private keys it tries without being told. */
const TRIED_BY_SSH = new Set(['id_rsa', 'id_ecdsa', 'id_ecdsa_sk', 'id_ed25519', 'id_ed25519_sk']);
/** An agent that asks its owner something must not hold up the start. */
const AGENT_LIMIT_MS = 2_000;
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
  const names = files.filter((name) => name.endsWith('.pub')).sort();
  return names.slice(0, MAX_FILES).flatMap((name) => {
    const file = { root: dirname(sshDirectory), path: join(sshDirectory, name) };
    return readOwnKey(file, inAgent) ?? [];
  });
}

/** A key pair by the path of its public half; undefined where no private half is to be had. */
function readOwnKey(file: TrustedPath, inAgent: ReadonlySet<string>): OwnKey | undefined {
  const { path: publicPath } = file;
  const [key] = keysIn(readOwnText(file));
  if (key === undefined) return undefined;
  const identity = publicPath.replace(/\.pub$/, '');
  if (inAgent.has(key.fingerprint)) return { key, publicPath, identity: null };
  if (!existsSync(identity)) return undefined;
  return { key, publicPath, identity: TRIED_BY_SSH.has(basename(identity)) ? null : identity };
}

function readOwnText(file: TrustedPath): string {
  try {
    return readTrustedFile(file, MAX_FILE_BYTES).bytes.toString('utf8');
  } catch {
    return '';
  }
}

/** The keys of a text that can be used; a line that cannot be is no key of theirs for us. */
function keysIn(text: string): PublicKey[] {
  return text.split('\n').flatMap((line) => {
    const read = parsePublicKeyFile(line);
    return 'problem' in read ? [] : read.keys;
  });
}

/** The public keys in the person's SSH agent, one per line; empty without an agent. */
async function listAgentKeys(): Promise<string> {
  const options = { timeout: AGENT_LIMIT_MS, killSignal: 'SIGKILL' } as const;
  return promisify(execFile)('ssh-add', ['-L'], options).then(
    ({ stdout }) => stdout,
    () => '',
  );
}

export interface SshCommandOptions {
  readonly addresses: readonly ListenAddress[];
  readonly session: string;
  readonly grants: readonly Grant[];
  readonly keysDirectory: string;
  readonly userHome: string;
  readonly cwd: string;
}

/** The ssh command that brings the person at this machine in, with `-i` where ssh needs it. */
export async function sshCommand(options: SshCommandOptions): Promise<string> {
  const [address] = options.addresses;
  const identity = await findIdentity(options);
  const identityWords = identity === null ? [] : ['-i', shellWord(nearest(identity, options.cwd))];
  const { port = 22 } = address ?? {};
  return sshTo({ host: reachable(address), port }, options.session, identityWords);
}

/** The private key file to name, where none of the person's keys with a grant is tried by itself. */
async function findIdentity(options: SshCommandOptions): Promise<string | null> {
  const granted = new Set(options.grants.map(({ key }) => key.fingerprint));
  const own = await findOwnKeys(join(options.userHome, '.ssh'));
  // This file is named like a key that ssh tries, but is not in the directory where ssh looks.
  const identity = join(options.keysDirectory, 'id_ed25519');
  const path = `${identity}.pub`;
  const made = readOwnKey({ root: options.keysDirectory, path }, new Set());
  const usable = [...own, ...(made === undefined ? [] : [{ ...made, identity }])].filter(
    ({ key }) => granted.has(key.fingerprint),
  );
  if (usable.some((each) => each.identity === null)) return null;
  return usable[0]?.identity ?? null;
}

function nearest(path: string, cwd: string): string {
  const fromHere = relative(cwd, path);
  return fromHere.startsWith('..') ? path : fromHere;
}

/** Where somebody on this machine reaches a listener. */
function reachable(address: ListenAddress | undefined): string {
  if (address === undefined || ['*', '0.0.0.0', '::'].includes(address.host)) return '127.0.0.1';
  return address.host;
}
