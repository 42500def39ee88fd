import { constants, fstatSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { startOn } from './child-process.js';
import { messageOf, UnavailableError } from './errors.js';
import { isSameFile } from './named-file.js';
import { scanProcesses } from './process-scan.js';
import { OwnSlices } from './slices.js';

/** How often a file is locked anew that somebody has replaced meanwhile. */
const MAX_ATTEMPTS = 10;

type Outcome = 'locked' | 'held' | 'impossible';

/**
 * Locks a file, which is made where it is not there, for as long as the handle is open: the system frees
 * it when this process ends, however that is.
 *
 * @param program path of the built `lock.cc`, which does the locking.
 * @returns undefined where another process holds it.
 * @throws UnavailableError where the file cannot be locked.
 */
export async function lockFile(path: string, program: string): Promise<FileHandle | undefined> {
  try {
    return await lockNamed(path, program);
  } catch (error) {
    throw new UnavailableError(`${path}: cannot be locked: ${messageOf(error)}`, { cause: error });
  }
}

/**
 * The outcome of locking a folder; `folder` is undefined as well where its file system, as some
 * network ones, has no locks.
 */
export interface FolderLock {
  readonly isHeld: boolean;
  readonly folder: FileHandle | undefined;
}

/** Locks a folder that is there, as `lockFile` locks a file. */
export async function lockFolder(path: string, program: string): Promise<FolderLock> {
  const folder = await open(path, constants.O_RDONLY | constants.O_DIRECTORY);
  const outcome = await lockOrClose(folder, program);
  return { isHeld: outcome === 'held', folder: outcome === 'locked' ? folder : undefined };
}

/**
 * The process that holds the lock of a file or folder, of those that this user may look into.
 *
 * @returns undefined where there is none, or only another user's.
 */
export async function findLockHolder(path: string): Promise<number | undefined> {
  const slices = new OwnSlices();
  for (const { pid } of await scanProcesses()) {
    if (slices.isOver) await slices.next();
    if (holdsLock(pid, path)) return pid;
  }
  return undefined;
}

/** Whether a process holds the lock: `fdinfo` of proc(5) lists the locks of an open file. */
function holdsLock(pid: number, path: string): boolean {
  try {
    const named = statSync(path);
    return readdirSync(`/proc/${pid}/fd`).some((fd) => {
      const held = statSync(`/proc/${pid}/fd/${fd}`, { throwIfNoEntry: false });
      if (!isSameFile(held, named)) return false;
      return /^lock:.*FLOCK/m.test(readFileSync(`/proc/${pid}/fdinfo/${fd}`, 'latin1'));
    });
  } catch {
    // The process has ended, or is another user's.
    return false;
  }
}

async function lockNamed(path: string, program: string): Promise<FileHandle | undefined> {
  const flags = constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW;
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
    const file = await open(path, flags, 0o600);
    const outcome = await lockOrClose(file, program);
    if (outcome === 'held') return undefined;
    if (outcome === 'impossible') throw new Error('its file system has no locks');
    // The name may mean another file by now, which somebody else can lock.
    if (isNamed(file, path)) return file;
    await file.close();
  }
  throw new Error('it is replaced again and again');
}

async function lockOrClose(file: FileHandle, program: string): Promise<Outcome> {
  let outcome: Outcome = 'impossible';
  try {
    outcome = await lock(file, program);
    return outcome;
  } finally {
    if (outcome !== 'locked') await file.close();
  }
}

async function lock(file: FileHandle, program: string): Promise<Outcome> {
  const child = await startOn(program, file.fd);
  const status = await new Promise((resolve) => child.once('exit', resolve));
  if (status === 0) return 'locked';
  return status === 1 ? 'held' : 'impossible';
}

function isNamed(file: FileHandle, path: string): boolean {
  return isSameFile(statSync(path, { throwIfNoEntry: false }), fstatSync(file.fd));
}
