import { lstatSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { replaceFile } from './atomic-file.js';
import { systemCode } from './errors.js';
import type { Part } from './part.js';

export interface KeptFileOptions {
  readonly name: string;
  readonly path: string;
  readonly content: Uint8Array;
  /** The permissions of the file. */
  readonly mode: number;
}

/** A file with a content that does not change while the process lives. */
export class KeptFile implements Part {
  readonly #options: KeptFileOptions;
  /** What `lstat` said when the content was looked at last: it is read again when that changes. */
  #seen = '';

  constructor(options: KeptFileOptions) {
    this.#options = options;
  }

  get name(): string {
    return this.#options.name;
  }

  findFault(): string | undefined {
    const { path, content, mode } = this.#options;
    try {
      const status = lstatSync(path);
      if (!status.isFile()) return 'is no file any more';
      if ((status.mode & 0o777) !== mode) return 'has other permissions';
      const seen = `${status.dev} ${status.ino} ${status.size} ${status.mtimeMs} ${status.ctimeMs}`;
      if (seen === this.#seen) return undefined;
      if (status.size !== content.length || !readFileSync(path).equals(content)) {
        return 'has another content';
      }
      this.#seen = seen;
      return undefined;
    } catch (error) {
      if (isAbsent(error)) return 'was removed';
      throw error;
    }
  }

  async makeAgain(): Promise<void> {
    const { path, content, mode } = this.#options;
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    await replaceFile(path, content, mode);
  }
}

/** Whether the error of a system call says that nothing is at its path. */
export function isAbsent(error: unknown): boolean {
  const code = systemCode(error);
  return code === 'ENOENT' || code === 'ENOTDIR';
}
