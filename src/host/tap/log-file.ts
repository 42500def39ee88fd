import { constants, type Stats } from 'node:fs';
import { type FileHandle, lstat, mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import type { Clock } from '../../base/clock.js';
import { RefusedError, systemCode } from '../../base/errors.js';
import { isSameFile } from '../../base/named-file.js';
import type { LogFilePlan } from './schema.js';

export interface LogFileOptions {
  /** Where the file is: its folder, and the folder of that, are made private. */
  readonly path: string;
  readonly plan: LogFilePlan;
  readonly clock: Clock;
  /** Called when an old file could not be compressed; it stays as it is. */
  readonly onNotCompressed: (error: unknown) => void;
  /** How the file is opened; tests have disks that are full. */
  readonly open?: (path: string) => Promise<FileHandle>;
}

const { O_APPEND, O_CREAT, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_WRONLY } = constants;

/**
 * A private file (mode 0600) that is rotated by size and age: `PATH.1` or `PATH.1.gz` is the newest old one.
 * After somebody moved or removed it, it is made again. Follows no link, writes into no file of others.
 */
export class LogFile {
  readonly #options: LogFileOptions;
  #handle: FileHandle;
  #bytes = 0;
  #bornAtMs = 0;
  #compressing: Promise<void> = Promise.resolve();
  readonly #abort = new AbortController();

  private constructor(options: LogFileOptions, handle: FileHandle) {
    this.#options = options;
    this.#handle = handle;
  }

  /** @throws RefusedError for a link or a file of another user, or the system's error. */
  static async open(options: LogFileOptions): Promise<LogFile> {
    const file = new LogFile(options, await openNamed(options));
    await file.#begin();
    return file;
  }

  /**
   * Appends `bytes`, or only the first of them, after rotating a file that would become too large.
   *
   * @returns how many bytes were written.
   * @throws the system's error; then nothing was written, and the file must be closed.
   */
  async write(bytes: Uint8Array): Promise<number> {
    const { plan, clock } = this.#options;
    await this.#follow();
    const isOld = clock.elapsed() - this.#bornAtMs > plan.maxAgeMs;
    const isFull = this.#bytes + bytes.length > plan.maxBytes;
    if (this.#bytes > 0 && (isOld || isFull)) await this.#rotate();
    const { bytesWritten } = await this.#handle.write(bytes);
    this.#bytes += bytesWritten;
    return bytesWritten;
  }

  /** Closes the file; an old file that is being compressed stays as it is. */
  async close(): Promise<void> {
    this.#abort.abort();
    await this.#compressing;
    await this.#handle.close();
  }

  /** Opens the file anew where its name no longer means the one that is open. */
  async #follow(): Promise<void> {
    const [named, own] = [await statusOf(this.#options.path), await this.#handle.stat()];
    this.#bytes = own.size;
    if (!isSameFile(named, own)) await this.#replace();
  }

  async #replace(): Promise<void> {
    const handle = await openNamed(this.#options);
    await this.#handle.close();
    this.#handle = handle;
    await this.#begin();
  }

  async #begin(): Promise<void> {
    const { clock } = this.#options;
    const { size, birthtimeMs } = await this.#handle.stat();
    this.#bytes = size;
    const ageMs = size === 0 ? 0 : Math.max(0, clock.now() - birthtimeMs);
    this.#bornAtMs = clock.elapsed() - ageMs;
  }

  async #rotate(): Promise<void> {
    const { path, plan } = this.#options;
    // Output that comes faster than files are compressed waits in the ring, which drops the oldest.
    await this.#compressing;
    await shiftOldFiles(path, plan.keep);
    if (plan.keep === 0) await rm(path, { force: true });
    else await rename(path, `${path}.1`);
    await this.#replace();
    if (plan.gzip && plan.keep > 0) this.#compress(`${path}.1`);
  }

  #compress(path: string): void {
    const { signal } = this.#abort;
    this.#compressing = compress(path, signal).catch((error: unknown) => {
      if (!signal.aborted) this.#options.onNotCompressed(error);
    });
  }
}

/** Makes room for `PATH.1`: every old file gets the next number, and those beyond `keep` go. */
async function shiftOldFiles(path: string, keep: number): Promise<void> {
  const directory = dirname(path);
  const start = `${basename(path)}.`;
  const old = (await readdir(directory)).flatMap((name) => {
    const match = name.startsWith(start)
      ? /^(\d{1,9})(\.gz)?$/.exec(name.slice(start.length))
      : null;
    return match === null ? [] : [{ name, age: Number(match[1]), end: match[2] ?? '' }];
  });
  old.sort((one, other) => other.age - one.age);
  for (const { name, age, end } of old) {
    const from = join(directory, name);
    if (age >= keep) await rm(from, { force: true });
    else await rename(from, `${path}.${age + 1}${end}`);
  }
}

/** Makes `PATH.gz` of `PATH`; whenever this is stopped, one of the two files is whole. */
async function compress(path: string, signal: AbortSignal): Promise<void> {
  const unfinished = `${path}.gz.new`;
  await rm(unfinished, { force: true });
  const from = await open(path, O_RDONLY | O_NOFOLLOW);
  const to = await open(unfinished, 'wx', 0o600).catch(async (error: unknown) => {
    await from.close();
    throw error;
  });
  try {
    await pipeline(from.createReadStream(), createGzip(), to.createWriteStream(), { signal });
    await rename(unfinished, `${path}.gz`);
    await rm(path, { force: true });
  } catch (error) {
    await rm(unfinished, { force: true });
    throw error;
  }
}

/** Opens the file by its name; its folders are made again where somebody removed them. */
async function openNamed({ path, open: openFile = openOwn }: LogFileOptions): Promise<FileHandle> {
  const directory = dirname(path);
  await makePrivate(dirname(directory));
  await makePrivate(directory);
  return openFile(path);
}

async function statusOf(path: string): Promise<Stats | undefined> {
  return lstat(path).catch((error: unknown) => {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  });
}

async function makePrivate(path: string): Promise<void> {
  await mkdir(path, { recursive: true, mode: 0o700 });
  const found = await lstat(path);
  if (found.isDirectory() && found.uid === process.geteuid?.()) return;
  throw new RefusedError('the folder of log files is a link, or belongs to somebody else');
}

/** Opens a file of this user; O_NONBLOCK, so that a FIFO put in its place cannot block (open(2)). */
async function openOwn(path: string): Promise<FileHandle> {
  const flags = O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK;
  const handle = await open(path, flags, 0o600);
  try {
    const found = await handle.stat();
    const isOwn = found.isFile() && found.nlink === 1 && found.uid === process.geteuid?.();
    if (!isOwn) throw new RefusedError('the log file is a link, or belongs to somebody else');
    return handle;
  } catch (error) {
    await handle.close();
    throw error;
  }
}
