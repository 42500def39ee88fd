import { closeSync, fstatSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { InvariantError, systemCode } from './errors.js';

export interface AppendFileOptions {
  readonly path: string;
  /** A file that would grow beyond this becomes `PATH.1`, the former `PATH.1` becomes `PATH.2`, … */
  readonly maxBytes: number;
  /** Old files that are kept; the oldest is removed. */
  readonly maxOldFiles: number;
}

/** A private file (mode 0600) that only grows, line by line, and is rotated by size. */
export class AppendFile {
  readonly #options: AppendFileOptions;
  #fd: number;
  #bytes: number;
  #isClosed = false;

  /** @throws the system's error when the file cannot be opened for writing. */
  constructor(options: AppendFileOptions) {
    this.#options = options;
    this.#fd = openSync(options.path, 'a', 0o600);
    this.#bytes = fstatSync(this.#fd).size;
  }

  /**
   * Appends one line and returns when the system has it.
   *
   * @throws the system's error, and then the file ends as it was or in a line that is not whole.
   */
  append(line: string): void {
    if (this.#isClosed) throw new InvariantError(`${this.#options.path} is closed`);
    const bytes = Buffer.from(line);
    if (this.#bytes > 0 && this.#bytes + bytes.length > this.#options.maxBytes) this.#rotate();
    let written = 0;
    while (written < bytes.length) written += writeSync(this.#fd, bytes, written);
    this.#bytes += bytes.length;
  }

  /** Idempotent. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    closeSync(this.#fd);
  }

  #rotate(): void {
    const { path, maxOldFiles } = this.#options;
    rmSync(`${path}.${maxOldFiles}`, { force: true });
    for (let age = maxOldFiles - 1; age >= 0; age -= 1) {
      renameIfThere(age === 0 ? path : `${path}.${age}`, `${path}.${age + 1}`);
    }
    const fd = openSync(path, 'a', 0o600);
    closeSync(this.#fd);
    this.#fd = fd;
    this.#bytes = 0;
  }
}

function renameIfThere(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw error;
  }
}
