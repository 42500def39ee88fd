import {
  closeSync,
  constants,
  fstatSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { InvariantError, RefusedError, systemCode } from './errors.js';
import { NamedFile } from './named-file.js';
import { findShortage } from './shortage.js';

export interface AppendFileOptions {
  readonly path: string;
  /** A file that would grow beyond this becomes `PATH.1`, the former `PATH.1` becomes `PATH.2`, … */
  readonly maxBytes: number;
  /** Old files that are kept; the oldest is removed. */
  readonly maxOldFiles: number;
}

const { O_APPEND, O_CREAT, O_NOFOLLOW, O_NONBLOCK, O_RDWR } = constants;
const NEWLINE = Buffer.from('\n');

/**
 * A private file (mode 0600) that only grows, line by line, and is rotated by size. Whatever somebody
 * else does with it (moves it, removes it, empties it, leaves half a line), the next line is a whole one
 * in the file that the name means then. Follows no link.
 */
export class AppendFile {
  readonly #options: AppendFileOptions;
  readonly #file: NamedFile;
  #isClosed = false;

  /**
   * Opens the file. Where the machine has run out of something, not this throws, but `append`.
   *
   * @throws the system's error when the file cannot be opened; RefusedError where no file is there.
   */
  constructor(options: AppendFileOptions) {
    this.#options = options;
    this.#file = new NamedFile(options.path, () => openOwn(options.path));
    try {
      this.#file.reopen();
    } catch (error) {
      if (findShortage(error) === undefined) throw error;
    }
  }

  /**
   * Appends one line and returns when the system has it.
   *
   * @throws the system's error or RefusedError, and then nothing of the line is in the file, or a part
   * that the next line is kept apart from.
   */
  append(line: string): void {
    const { path, maxBytes } = this.#options;
    if (this.#isClosed) throw new InvariantError(`${path} is closed`);
    const bytes = Buffer.from(line);
    const named = this.#file.follow();
    const { size } = fstatSync(named);
    if (size > 0 && size + bytes.length > maxBytes) write(this.#rotate(), bytes, 0);
    else write(named, isTornAt(named, size) ? Buffer.concat([NEWLINE, bytes]) : bytes, size);
  }

  /** Idempotent. */
  close(): void {
    this.#isClosed = true;
    this.#file.close();
  }

  #rotate(): number {
    const { path, maxOldFiles } = this.#options;
    rmSync(`${path}.${maxOldFiles}`, { force: true });
    for (let age = maxOldFiles - 1; age >= 0; age -= 1) {
      renameIfThere(age === 0 ? path : `${path}.${age}`, `${path}.${age + 1}`);
    }
    return this.#file.reopen();
  }
}

/** Whether the file ends with a line that is not whole, as a killed writer may leave it. */
function isTornAt(fd: number, size: number): boolean {
  const last = Buffer.alloc(1);
  return size > 0 && readSync(fd, last, 0, 1, size - 1) === 1 && !last.equals(NEWLINE);
}

/**
 * Writes all of `bytes`, or takes back the part that the disk had room for, unless somebody else
 * wrote after it.
 */
function write(fd: number, bytes: Buffer, before: number): void {
  let written = 0;
  try {
    while (written < bytes.length) written += writeSync(fd, bytes, written);
  } catch (error) {
    const isLast = written > 0 && fstatSync(fd).size === before + written;
    if (isLast) ftruncateSync(fd, before);
    throw error;
  }
}

/**
 * Opens the file for appending, and makes it and its folder where they are missing. Never waits for
 * the other end of a pipe.
 */
function openOwn(path: string): number {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const flags = O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK;
  const fd = openSync(path, flags, 0o600);
  if (fstatSync(fd).isFile()) return fd;
  closeSync(fd);
  throw new RefusedError(`expected a file, and nothing else, at ${path}`);
}

function renameIfThere(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw error;
  }
}
