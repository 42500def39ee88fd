import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readlinkSync,
  readSync,
  realpathSync,
  type Stats,
  statSync,
} from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { ConfigurationError, messageOf, RefusedError, systemCode } from './errors.js';
import { isPrivateGroup } from './private-group.js';

/** A file or folder that can grant or run something, in a home. */
export interface TrustedPath {
  /** The folder from which on everything has to be trusted. */
  readonly root: string;
  /** The path of the file or folder itself, within `root`. */
  readonly path: string;
}

/** A file as it was when it was opened. */
export interface TrustedFile {
  readonly bytes: Buffer;
  readonly status: Stats;
}

const { O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK, O_RDONLY } = constants;
/** open(2): a descriptor that only names what was found; Node.js has no constant for it. */
const O_PATH = 0o10000000;
/** The most links that are followed in one path, as in Linux (path_resolution(7)). */
const MAX_LINKS = 40;
const STICKY = 0o1000;

/** A folder that was opened and found to be trusted. */
interface Folder {
  /** The path of the folder without links. */
  readonly path: string;
  readonly fd: number;
}

interface Found {
  readonly path: string;
  /** The file or folder, open as O_PATH; undefined where nothing is at the path. */
  readonly fd: number | undefined;
}

/**
 * Reads a file that nobody but root and us can have written or replaced: it and each folder from `root`
 * down belong to root or us and are not writable by others (sshd_config(5), StrictModes). A link is followed where
 * root or we made it, and then each folder of its target has to be so, up to `root` or `/`.
 *
 * @throws ConfigurationError that says what is wrong with which of them and how to correct it; the system's error.
 */
export function readTrustedFile(file: TrustedPath, maxBytes: number): TrustedFile {
  const { path, fd: found } = find(file);
  if (found === undefined) throw systemError('ENOENT', 'no such file', file.path);
  try {
    requireTrusted(fstatSync(found), { path, isFolder: false, isOutside: false });
    // This opens the very file that was checked, whatever its name means by now.
    const fd = openSync(`/proc/self/fd/${found}`, O_RDONLY | O_NONBLOCK);
    try {
      return { bytes: readAtMost(fd, maxBytes), status: fstatSync(fd) };
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    throw named(error, file.path);
  } finally {
    closeSync(found);
  }
}

/**
 * Checks, as `readTrustedFile` does, a file that somebody else reads by its path right afterwards.
 */
export function requireTrustedFile(file: TrustedPath): void {
  readTrustedFile(file, 0);
}

/**
 * Checks, as `readTrustedFile` does, a folder that is written into. @returns its path without
 * links.
 */
export function requireTrustedFolder({ root, path }: TrustedPath): string {
  const { path: found, fd } = find({ root, path }, '/.');
  if (fd !== undefined) closeSync(fd);
  return found;
}

/**
 * The path, without links, of a file that may be missing; its folder is checked, the file is not.
 */
export function findTrusted(file: TrustedPath): string {
  const { path, fd } = find(file);
  if (fd !== undefined) closeSync(fd);
  return path;
}

/**
 * Checks a file that is only written to. @throws RefusedError where it is a link that somebody else
 * made.
 */
export function refuseForeignLink(path: string): void {
  const status = lstatSync(path, { throwIfNoEntry: false });
  if (status === undefined || !status.isSymbolicLink() || isOwn(status)) return;
  throw new RefusedError(`${path}: ${foreignLink(status)}`);
}

function foreignLink({ uid }: Stats): string {
  return `is a link that user ${uid} made, who is neither you nor root: remove it`;
}

/**
 * Changes whenever the file, or what its trust rests on, does; without opening anything. Compare only for equality.
 */
export function trustVersion({ root, path }: TrustedPath): string {
  try {
    // These are asked for all the time, and would cost ten times as much on libuv's threads.
    const [home, target] = [realpathSync.native(root), realpathSync.native(path)];
    const { dev, ino, size, mode, uid, gid, mtimeNs, ctimeNs } = statSync(target, { bigint: true });
    return [dev, ino, size, mode, uid, gid, mtimeNs, ctimeNs, ...foldersOf(target, home)].join(' ');
  } catch (error) {
    return messageOf(error);
  }
}

function foldersOf(target: string, home: string): string[] {
  const facts: string[] = [];
  for (let folder = dirname(target); ; folder = dirname(folder)) {
    const { mode, uid, gid } = statSync(folder);
    facts.push(`${mode} ${uid} ${gid}`);
    if (folder === home || folder === '/') return facts;
  }
}

/** Follows `path` from `root` on by descriptors, so that no part of it can be exchanged behind us. */
function find({ root, path }: TrustedPath, end: '' | '/.' = ''): Found {
  const walk = new Walk(root);
  try {
    return walk.to(`${relative(root, path)}${end}`);
  } catch (error) {
    throw named(error, path);
  } finally {
    walk.close();
  }
}

class Walk {
  readonly #home: string;
  #folder: Folder;
  #pending: string[] = [];
  #links = 0;

  constructor(root: string) {
    this.#home = realpathSync(root);
    this.#folder = this.#open(this.#home, this.#home);
  }

  /** The caller closes what was found. */
  to(path: string): Found {
    this.#pending = path.split('/');
    for (;;) {
      const name = this.#pending.shift();
      if (name === undefined) return { path: this.#folder.path, fd: this.#reopened() };
      if (name === '' || name === '.') continue;
      if (name === '..') this.#goTo(dirname(this.#folder.path));
      else {
        const found = this.#step(name);
        if (found !== undefined) return found;
      }
    }
  }

  close(): void {
    closeSync(this.#folder.fd);
  }

  /**
   * Enters the folder `name`, or follows the link; returns what is last in the path, or is missing.
   */
  #step(name: string): Found | undefined {
    const [path, at] = [join(this.#folder.path, name), `/proc/self/fd/${this.#folder.fd}/${name}`];
    const isLast = this.#pending.length === 0;
    const fd = openIfThere(at, isLast);
    if (fd === undefined) return { path, fd };
    const status = fstatSync(fd);
    if (status.isSymbolicLink()) {
      closeSync(fd);
      this.#follow(path, status, readlinkSync(at));
      return undefined;
    }
    if (isLast) return { path, fd };
    closeSync(fd);
    this.#enter(this.#open(at, path));
    return undefined;
  }

  #follow(path: string, status: Stats, target: string): void {
    if (!isOwn(status)) {
      throw new ConfigurationError(`${path}: ${foreignLink(status)}`);
    }
    this.#links += 1;
    if (this.#links > MAX_LINKS) throw systemError('ELOOP', 'too many links', path);
    if (target.startsWith('/')) this.#goTo(target);
    else this.#pending.unshift(...target.split('/'));
  }

  /**
   * Goes on with an absolute path: from the home where the path is within it, from `/` otherwise.
   */
  #goTo(path: string): void {
    const isInside = path === this.#home || path.startsWith(`${this.#home}/`);
    const start = isInside ? this.#home : '/';
    this.#pending.unshift(...path.slice(start.length).split('/'));
    this.#enter(this.#open(start, start));
  }

  #enter(folder: Folder): void {
    closeSync(this.#folder.fd);
    this.#folder = folder;
  }

  #open(at: string, path: string): Folder {
    const fd = openSync(at, O_PATH | O_DIRECTORY | O_NOFOLLOW);
    try {
      const isOutside = path !== this.#home && !path.startsWith(`${this.#home}/`);
      requireTrusted(fstatSync(fd), { path, isFolder: true, isOutside });
      return { path, fd };
    } catch (error) {
      closeSync(fd);
      throw error;
    }
  }

  #reopened(): number {
    return openSync(`/proc/self/fd/${this.#folder.fd}`, O_PATH | O_DIRECTORY);
  }
}

function openIfThere(at: string, mayBeMissing: boolean): number | undefined {
  try {
    return openSync(at, O_PATH | O_NOFOLLOW);
  } catch (error) {
    if (mayBeMissing && systemCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

interface Judged {
  readonly path: string;
  readonly isFolder: boolean;
  /** Set for what a link leads to outside the home. */
  readonly isOutside: boolean;
}

function requireTrusted(status: Stats, { path, isFolder, isOutside }: Judged): void {
  if (!isFolder && !status.isFile()) {
    throw new ConfigurationError(`${path}: is not a regular file: move it away`);
  }
  if (!isOwn(status)) {
    throw new ConfigurationError(
      `${path}: belongs to user ${status.uid}, who is neither you nor root: chown ${ownId()} ${path}`,
    );
  }
  // In a folder like /tmp (sticky, inode(7)) nobody can rename or remove what is another's.
  const isSticky = isFolder && isOutside && (status.mode & STICKY) !== 0;
  if (isSticky || !mayOthersWrite(status)) return;
  const mode = (status.mode & 0o7777).toString(8).padStart(4, '0');
  throw new ConfigurationError(
    `${path}: may be written by others (mode ${mode}): chmod go-w ${path}`,
  );
}

function mayOthersWrite({ mode, uid, gid }: Stats): boolean {
  if ((mode & 0o002) !== 0) return true;
  return (mode & 0o020) !== 0 && !isPrivateGroup(gid, uid);
}

function isOwn({ uid }: Stats): boolean {
  return uid === 0 || uid === ownId();
}

function ownId(): number {
  return process.geteuid?.() ?? 0;
}

function readAtMost(fd: number, maxBytes: number): Buffer {
  const buffer = Buffer.allocUnsafe(maxBytes);
  let length = 0;
  while (length < maxBytes) {
    const bytesRead = readSync(fd, buffer, length, maxBytes - length, null);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  return buffer.subarray(0, length);
}

function systemError(code: string, what: string, path: string): Error {
  return Object.assign(new Error(`${code}: ${what}, '${path}'`), { code });
}

/** The error with the path: the system's own text names our descriptors instead. */
function named(error: unknown, path: string): unknown {
  const code = systemCode(error);
  if (error instanceof ConfigurationError || code === undefined || !(error instanceof Error)) {
    return error;
  }
  const [what = ''] = error.message.replace(/^[A-Z0-9]+: /, '').split(', open ');
  return systemError(code, what.split(', ')[0] ?? what, path);
}
