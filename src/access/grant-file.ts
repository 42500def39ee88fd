import { type BigIntStats, constants, realpathSync, statSync } from 'node:fs';
import { type FileHandle, open, readlink, realpath, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { messageOf, systemCode } from '../base/errors.js';
import { type AuthorizedKeys, MAX_FILE_BYTES, parseAuthorizedKeys } from './authorized-keys.js';

/** What a new file is made with: it says who may do what, which concerns nobody else. */
const NEW_FILE_MODE = 0o600;

const WRITABLE_BY_OTHERS = 0o022n;
const WORLD_WRITABLE = 0o002n;
const STICKY = 0o1000n;

/** A file that could be read, or that is not there: then nobody has a grant. */
export interface ReadableGrantFile {
  readonly file: AuthorizedKeys;
  readonly mode: number;
  /** Another text for another content, owner or mode; see `versionOf`. */
  readonly version: string;
}

/** A file that is there and cannot be used, and what to do about it. */
export interface UnreadableGrantFile {
  readonly problem: string;
  readonly hint: string;
  readonly version: string;
}

interface FileAndFolder {
  readonly file: BigIntStats;
  readonly folder: BigIntStats;
}

/** The file that `path` stands for, so that an edit replaces that one and not a link to it. */
export async function targetOf(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch {
    const link = await readlink(path).catch(() => undefined);
    return link === undefined ? path : resolve(dirname(path), link);
  }
}

/** Reads and checks the file; what is wrong with it as a whole comes as an answer. */
export async function readGrantFile(
  path: string,
): Promise<ReadableGrantFile | UnreadableGrantFile> {
  try {
    const target = await targetOf(path);
    // Opening a FIFO would wait for a writer without O_NONBLOCK.
    await using handle = await open(target, constants.O_RDONLY | constants.O_NONBLOCK);
    return await readOpened(path, handle, await stat(dirname(target), { bigint: true }));
  } catch (error) {
    const version = versionOf(path);
    if (version === MISSING) return { file: NO_LINES, mode: NEW_FILE_MODE, version };
    return { ...systemProblem(path, error), version };
  }
}

/**
 * Changes whenever the file or what is known about it does, without reading it. Compare only for
 * equality.
 */
export function versionOf(path: string): string {
  try {
    // Asked for all the time: handing it to threads costs ten times what it does.
    const target = realpathSync.native(path);
    const file = statSync(target, { bigint: true });
    return versionFrom({ file, folder: statSync(dirname(target), { bigint: true }) });
  } catch (error) {
    return systemCode(error) === 'ENOENT' ? MISSING : messageOf(error);
  }
}

const MISSING = 'missing';
const NO_LINES: AuthorizedKeys = { lines: [], grants: [], problems: [] };

async function readOpened(
  path: string,
  handle: FileHandle,
  folder: BigIntStats,
): Promise<ReadableGrantFile | UnreadableGrantFile> {
  const file = await handle.stat({ bigint: true });
  const version = versionFrom({ file, folder });
  const distrust = trustProblem(path, { file, folder });
  if (distrust !== undefined) return { ...distrust, version };
  const content = await readAtMost(handle, MAX_FILE_BYTES + 1);
  const parsed = parseAuthorizedKeys(content);
  if ('problem' in parsed) {
    const hint = 'keep one key per line and remove what is no key';
    return { problem: `${path} cannot be used: ${parsed.problem}`, hint, version };
  }
  return { file: parsed, mode: Number(file.mode & 0o777n), version };
}

function versionFrom({ file, folder }: FileAndFolder): string {
  const { dev, ino, size, mode, uid, mtimeNs, ctimeNs } = file;
  return [dev, ino, size, mode, uid, mtimeNs, ctimeNs, folder.mode, folder.uid].join(' ');
}

/** Who could write the file could give themselves any role (sshd_config(5), StrictModes). */
function trustProblem(
  path: string,
  { file, folder }: FileAndFolder,
): Pick<UnreadableGrantFile, 'problem' | 'hint'> | undefined {
  if (!file.isFile()) {
    return { problem: `${path} is not a regular file`, hint: `move ${path} away` };
  }
  if ((file.mode & WRITABLE_BY_OTHERS) !== 0n) {
    return { problem: `${path} may be written by others`, hint: `chmod go-w ${path}` };
  }
  if ((folder.mode & WORLD_WRITABLE) !== 0n && (folder.mode & STICKY) === 0n) {
    const name = dirname(path);
    return {
      problem: `the folder of ${path} may be written by everybody`,
      hint: `chmod o-w ${name}`,
    };
  }
  const owners = [0n, BigInt(process.geteuid?.() ?? 0), folder.uid];
  if (owners.includes(file.uid)) return undefined;
  const problem = `${path} belongs to user ${file.uid}, who is neither you nor root`;
  return { problem, hint: `chown ${owners[1] ?? 0n} ${path}` };
}

function systemProblem(
  path: string,
  error: unknown,
): Pick<UnreadableGrantFile, 'problem' | 'hint'> {
  return {
    problem: `${path} cannot be read: ${messageOf(error)}`,
    hint: `let user ${process.geteuid?.() ?? 0} read it, for example with chown and chmod 600 ${path}`,
  };
}

async function readAtMost(handle: FileHandle, maxBytes: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(maxBytes);
  let length = 0;
  while (length < maxBytes) {
    const { bytesRead } = await handle.read(buffer, length, maxBytes - length);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  return buffer.subarray(0, length);
}
