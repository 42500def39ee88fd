import { join, relative } from 'node:path';
import { shellWord } from '../base/shell-word.js';
import type { Grant } from '../gateway/access/grant.js';
import type { ListenAddress } from '../gateway/ssh/listen-address.js';
import { findOwnKeys, type OwnKey, readOwnKey } from './own-keys.js';

/** ssh(1) needs no `-p` for it. */
const SSH_PORT = 22;

export interface WayInOptions {
  readonly addresses: readonly ListenAddress[];
  readonly session: string;
  readonly grants: readonly Grant[];
  readonly keysDirectory: string;
  readonly userHome: string;
  readonly cwd: string;
}

/** The ssh command that brings the person at this machine in, with `-i` where ssh needs it. */
export async function sshCommand(options: WayInOptions): Promise<string> {
  const [address] = options.addresses;
  const port = address === undefined || address.port === SSH_PORT ? [] : ['-p', `${address.port}`];
  const identity = await findIdentity(options);
  const identityWords = identity === null ? [] : ['-i', shellWord(nearest(identity, options.cwd))];
  return ['ssh', ...port, ...identityWords, `${options.session}@${reachable(address)}`].join(' ');
}

/** The private key file to name, where none of the person's keys with a grant is tried by itself. */
async function findIdentity(options: WayInOptions): Promise<string | null> {
  const granted = new Set(options.grants.map(({ key }) => key.fingerprint));
  const own = await findOwnKeys(join(options.userHome, '.ssh'));
  const made = readOwnKey({
    root: options.keysDirectory,
    path: join(options.keysDirectory, 'id_ed25519.pub'),
  });
  const madeHere: OwnKey[] = made === undefined ? [] : [{ ...made, identity: madePath(made) }];
  const usable = [...own, ...madeHere].filter(({ key }) => granted.has(key.fingerprint));
  if (usable.some(({ identity }) => identity === null)) return null;
  return usable[0]?.identity ?? null;
}

/** Named like a key that ssh tries, but not in the directory where it looks. */
function madePath({ publicPath }: OwnKey): string {
  return publicPath.replace(/\.pub$/, '');
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
